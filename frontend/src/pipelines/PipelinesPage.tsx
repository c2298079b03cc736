// To be written.
export function PipelinesPage() {
  return <h1 className="text-xl font-semibold">PipelinesPage</h1>;
}
