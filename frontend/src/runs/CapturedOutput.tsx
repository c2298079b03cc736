// What an attempt printed, to stdout or stderr.

import { Button } from "../shared/Button";
import { formatBytes } from "../shared/bytes";
import { ErrorMessage } from "../shared/ErrorMessage";
import { ScrolledText } from "../shared/ScrolledText";
import { type CapturedPlace, useCapturedText } from "./use-captured-text";

export function CapturedOutput(place: CapturedPlace) {
  const { captured, problem, readOn } = useCapturedText(place);
  const left = captured ? captured.totalBytes - captured.nextOffset : 0;
  if (captured?.totalBytes === 0) {
    return (
      <p className="text-sm text-muted">
        <span className="font-medium text-ink">{place.stream}</span>: printed nothing
      </p>
    );
  }
  return (
    <div className="min-w-0 space-y-1.5">
      <h3 className="text-sm font-medium">
        {place.stream}
        {captured && <span className="font-normal text-muted"> {formatBytes(captured.totalBytes)}</span>}
      </h3>
      {problem && <ErrorMessage title="This could not be read">{problem}</ErrorMessage>}
      {captured && (
        <ScrolledText
          label={`${place.stream} of ${place.stepKey}`}
          text={captured.text}
          className="max-h-72"
        />
      )}
      {left > 0 && (
        <Button size="sm" onClick={readOn}>
          Show more ({formatBytes(left)} left)
        </Button>
      )}
    </div>
  );
}
