// From an address to its page: the only list of pages.
import { createRootRoute, createRoute, createRouter, lazyRouteComponent } from "@tanstack/react-router";
import { parseCompareSearch } from "../compare/compare-search";
import { parseLaunchSearch } from "../launch/launch-search";
import { parsePipelineSearch } from "../pipelines/pipeline-search";
import { parseRunSearch } from "../runs/run-search";
import { parseRunsSearch } from "../runs/runs-search";
import { Frame } from "./Frame";
import { CrashPage, NotFoundPage } from "./LostPages";

const root = createRootRoute({
  component: Frame,
  notFoundComponent: NotFoundPage,
  errorComponent: CrashPage,
});

const runs = createRoute({
  getParentRoute: () => root,
  path: "/",
  validateSearch: parseRunsSearch,
  component: lazyRouteComponent(() => import("../runs/RunsPage"), "RunsPage"),
});

const run = createRoute({
  getParentRoute: () => root,
  path: "/runs/$runId",
  validateSearch: parseRunSearch,
  component: lazyRouteComponent(() => import("../runs/RunPage"), "RunPage"),
});

const pipelines = createRoute({
  getParentRoute: () => root,
  path: "/pipelines",
  component: lazyRouteComponent(() => import("../pipelines/PipelinesPage"), "PipelinesPage"),
});

const pipeline = createRoute({
  getParentRoute: () => root,
  path: "/pipelines/$name",
  validateSearch: parsePipelineSearch,
  component: lazyRouteComponent(() => import("../pipelines/PipelinePage"), "PipelinePage"),
});

const launch = createRoute({
  getParentRoute: () => root,
  path: "/pipelines/$name/launch",
  validateSearch: parseLaunchSearch,
  component: lazyRouteComponent(() => import("../launch/LaunchPage"), "LaunchPage"),
});

const compare = createRoute({
  getParentRoute: () => root,
  path: "/compare/$base/$other",
  validateSearch: parseCompareSearch,
  component: lazyRouteComponent(() => import("../compare/ComparePage"), "ComparePage"),
});

export const router = createRouter({
  routeTree: root.addChildren([runs, run, pipelines, pipeline, launch, compare]),
  defaultPreload: "intent",
  scrollRestoration: true,
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
