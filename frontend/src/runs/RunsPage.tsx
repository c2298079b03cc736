// To be written.
export function RunsPage() {
  return <h1 className="text-xl font-semibold">RunsPage</h1>;
}
