// To be written.
export function PipelinePage() {
  return <h1 className="text-xl font-semibold">PipelinePage</h1>;
}
