// How far a bulk is; its id is in the address, so that one can leave it and come back.
import { Link } from "@tanstack/react-router";
import { X } from "lucide-react";
import { useEffect } from "react";
import { useMutation, useQuery } from "urql";
import { ReasonButton } from "../launch/ReasonButton";
import { IconButton } from "../shared/Button";
import { QueryError, WarningMessage } from "../shared/ErrorMessage";
import { useMe } from "../shared/me";
import { LoadingPanel } from "../shared/Skeleton";
import { Moment } from "../shared/Times";
import { type Bulk, bulkQuery, cancelBulkMutation } from "./bulk-queries";
import { progressText, runsText, stateText, VERBS } from "./bulk-words";

import { Refusals } from "./Refusals";

const EVERY_MS = 1000;

export function BulkProgress({ bulkId, onClose }: { bulkId: string; onClose: () => void }) {
  const [{ data, error }, ask] = useQuery({ query: bulkQuery, variables: { id: bulkId } });
  const bulk = data?.bulk;
  const goesOn = bulk != null && !bulk.done;
  useEffect(() => {
    if (!goesOn) return;
    const timer = setInterval(() => ask({ requestPolicy: "network-only" }), EVERY_MS);
    return () => clearInterval(timer);
  }, [goesOn, ask]);
  if (!data) {
    return error ? (
      <QueryError error={error} onRetry={() => ask({ requestPolicy: "network-only" })} />
    ) : (
      <LoadingPanel label="Reading how far it is" className="h-20" />
    );
  }
  if (!bulk) {
    return (
      <WarningMessage action={<Close onClose={onClose} />}>
        No such work on many runs is known: the address may be cut off.
      </WarningMessage>
    );
  }
  return <Shown bulk={bulk} onClose={onClose} />;
}

function Shown({ bulk, onClose }: { bulk: Bulk; onClose: () => void }) {
  const title = `${VERBS[bulk.action]} ${runsText(bulk.total)}`;
  return (
    <section aria-label="Many runs at once" className="panel space-y-2 px-4 py-3">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1.5">
        <h2 className="font-semibold">{title}</h2>
        <p role="status" data-numeric className="text-muted">
          {stateText(bulk)}: {progressText(bulk)}
        </p>
        <span className="ml-auto flex items-center gap-2">
          {bulk.action === "REEXECUTE" && bulk.launched > 0 && (
            <Link
              to="/"
              search={{ by: "run" as const, tag: `dalsegno/bulk=${bulk.id}`, bulk: bulk.id }}
              className="text-sm text-accent underline underline-offset-2"
            >
              The runs that it launched
            </Link>
          )}
          {!bulk.done && <StopButton bulk={bulk} />}
          <Close onClose={onClose} />
        </span>
      </div>
      <progress
        aria-label={title}
        max={Math.max(1, bulk.total)}
        value={bulk.launched + bulk.refused}
        className="block h-2 w-full appearance-none overflow-hidden rounded-full bg-sunken [&::-moz-progress-bar]:bg-accent [&::-webkit-progress-bar]:bg-sunken [&::-webkit-progress-value]:bg-accent"
      />
      <p className="text-sm text-muted">
        started <Moment at={bulk.startedAt} />
        {bulk.launchedBy && ` by ${bulk.launchedBy}`}
        {bulk.reason && ` · “${bulk.reason}”`}
      </p>
      <Refusals title="Refused" refusals={bulk.refusals} />
    </section>
  );
}

function StopButton({ bulk }: { bulk: Bulk }) {
  const me = useMe();
  const [{ fetching }, cancel] = useMutation(cancelBulkMutation);
  const whyNot =
    me?.canLaunch === false ? `${me.name} may only look: stopping needs an operator's token.` : null;
  return (
    <ReasonButton
      size="sm"
      disabledReason={fetching ? "It is being stopped." : whyNot}
      hint="What is launched goes on; the rest is left as it is"
      onClick={() => void cancel({ id: bulk.id })}
    >
      Stop
    </ReasonButton>
  );
}

function Close({ onClose }: { onClose: () => void }) {
  return (
    <IconButton label="Close" className="-my-1.5 shrink-0" onClick={onClose}>
      <X aria-hidden size={16} />
    </IconButton>
  );
}
