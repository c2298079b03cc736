// Where no pipeline has the name of the address.
import { Link } from "@tanstack/react-router";
import { buttonLook } from "../shared/Button";
import { EmptyState } from "../shared/EmptyState";

export function UnknownPipeline({ name }: { name: string }) {
  return (
    <div className="panel">
      <EmptyState
        title={`No worker has published a pipeline ${name}`}
        action={
          <Link to="/pipelines" className={buttonLook("primary")}>
            To the pipelines
          </Link>
        }
      >
        Its name may be mistyped, or its worker has never been started with this service.
      </EmptyState>
    </div>
  );
}
