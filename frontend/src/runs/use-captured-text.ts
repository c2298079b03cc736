// What an attempt printed, read part by part.
import { useCallback, useEffect, useState } from "react";
import { useClient } from "urql";
import { capturedTextQuery } from "./step-queries";

export interface CapturedPlace {
  runId: string;
  stepKey: string;
  attempt: number;
  stream: "stdout" | "stderr";
}

interface Captured {
  text: string;
  nextOffset: number;
  totalBytes: number;
}

/** Null until the first part is there; then what has been read, and the function that reads on. */
export function useCapturedText({ runId, stepKey, attempt, stream }: CapturedPlace) {
  const client = useClient();
  const [captured, setCaptured] = useState<Captured | null>(null);
  const [problem, setProblem] = useState<string | null>(null);

  const read = useCallback(
    async (offset: number) => {
      const variables = { runId, stepKey, offset, ofStderr: stream === "stderr" };
      const { data, error } = await client.query(capturedTextQuery, variables).toPromise();
      const part = data?.run?.stepStats[0]?.attempts.find((one) => one.number === attempt)?.[stream];
      setProblem(error?.message ?? null);
      if (part)
        setCaptured((old) => ({ ...part, text: (offset === 0 ? "" : (old?.text ?? "")) + part.text }));
    },
    [client, runId, stepKey, attempt, stream],
  );
  useEffect(() => void read(0), [read]);

  const readOn = useCallback(() => void read(captured?.nextOffset ?? 0), [read, captured]);
  return { captured, problem, readOn };
}
