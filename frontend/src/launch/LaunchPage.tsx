// To be written.
export function LaunchPage() {
  return <h1 className="text-xl font-semibold">LaunchPage</h1>;
}
