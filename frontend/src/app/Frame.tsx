// What surrounds every page: where one is, where one can go, and whether all is well.
import { Link, Outlet } from "@tanstack/react-router";
import { DatabaseZap, WifiOff } from "lucide-react";
import { type Away, useAway } from "../shared/connection";
import { useServedAgain } from "../shared/use-workers";
import { AccountMenu } from "./AccountMenu";
import { CodeProblems } from "./CodeProblems";
import { Logo } from "./Logo";
import { ThemeMenu } from "./ThemeMenu";
import { WorkersStatus } from "./WorkersStatus";

export function Frame() {
  useServedAgain();
  return (
    <div className="flex min-h-dvh flex-col">
      <a
        href="#content"
        className="sr-only focus:not-sr-only focus:fixed focus:left-2 focus:top-2 focus:z-50 focus:rounded-md focus:bg-surface focus:px-3 focus:py-2"
      >
        Skip to the content
      </a>
      <header className="sticky top-0 z-30 border-b border-line bg-surface">
        <div className="mx-auto flex h-13 max-w-[110rem] items-center gap-1 px-3 sm:gap-3 sm:px-5">
          <Link
            to="/"
            className="mr-1 flex items-center gap-2 rounded-md font-semibold sm:mr-3"
            aria-label="Dalsegno, to the runs"
          >
            <Logo />
            <span className="hidden text-lg tracking-tight sm:inline">Dalsegno</span>
          </Link>
          <nav aria-label="Pages" className="flex items-center gap-1">
            <NavigationLink to="/">Runs</NavigationLink>
            <NavigationLink to="/pipelines">Pipelines</NavigationLink>
          </nav>
          <div className="ml-auto flex items-center gap-1">
            <WorkersStatus />
            <ThemeMenu />
            <AccountMenu />
          </div>
        </div>
        <ConnectionLost />
      </header>
      <CodeProblems />
      <main
        id="content"
        tabIndex={-1}
        className="mx-auto w-full max-w-[110rem] flex-1 px-3 py-4 outline-none sm:px-5"
      >
        <Outlet />
      </main>
    </div>
  );
}

function NavigationLink({ to, children }: { to: "/" | "/pipelines"; children: string }) {
  return (
    <Link
      to={to}
      activeOptions={{ exact: to === "/", includeSearch: false }}
      className="rounded-md px-2.5 py-1.5 font-medium text-muted hover:bg-hover hover:text-ink data-[status=active]:bg-accent-soft data-[status=active]:text-ink"
    >
      {children}
    </Link>
  );
}

/** It lies over the page, so that nothing jumps when it comes and goes. */
function ConnectionLost() {
  const away = useAway();
  return (
    <div role="status" className="relative">
      {away !== null && (
        <p className="absolute inset-x-0 top-0 flex items-center justify-center gap-2 bg-warning-soft px-3 py-1 text-sm text-warning-ink">
          {away === "service" ? <WifiOff aria-hidden size={14} /> : <DatabaseZap aria-hidden size={14} />}
          {SAID[away]} What you see is as it was; trying again.
        </p>
      )}
    </div>
  );
}

const SAID: Record<Away, string> = {
  service: "The service does not answer.",
  database: "The service's database does not answer.",
};
