// The sign: from here once more.
export function Logo() {
  return (
    <svg viewBox="0 0 32 32" width="28" height="28" aria-hidden="true">
      <rect width="32" height="32" rx="7" fill="#4f46c8" />
      <g fill="none" stroke="#fff" strokeLinecap="round" strokeWidth="2.6">
        <path d="M20.6 9.2c-1.1-1.9-3.1-2.6-5-2.2-2.4.5-3.8 2.5-3.3 4.7 1 4.3 8.2 4.5 8.7 8.9.3 2.3-1.4 4.2-3.7 4.5-2.2.3-4.3-.7-5.3-2.6" />
        <path d="M9.5 24.5 22.5 7.5" />
      </g>
      <circle cx="9" cy="14.5" r="1.9" fill="#fff" />
      <circle cx="23" cy="17.5" r="1.9" fill="#fff" />
    </svg>
  );
}
