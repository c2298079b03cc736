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
      </header>
      <CodeProblems />
      <main
        id="content"
        tabIndex={-1}
        className="mx-auto w-full max-w-[110rem] flex-1 px-3 py-4 outline-none sm:px-5"
      >
        <Outlet />
      </main>
      <AwayNotice />
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

/** It lies over the page's lower edge, so that nothing jumps, and no heading is hidden, when it comes and goes. */
function AwayNotice() {
  const away = useAway();
  const Icon = away === "database" ? DatabaseZap : WifiOff;
  return (
    <div role="status" className="pointer-events-none fixed inset-x-3 bottom-4 z-40 flex justify-center">
      {away !== null && (
        <p className="flex items-center gap-2.5 rounded-lg border border-warning-solid/40 bg-warning-soft px-4 py-2 text-sm text-warning-ink shadow-floating">
          <Icon aria-hidden size={16} className="shrink-0" />
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
