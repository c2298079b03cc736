// To be written.
export function RunPage() {
  return <h1 className="text-xl font-semibold">RunPage</h1>;
}
