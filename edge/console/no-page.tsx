import { Empty, PageHead, Trouble } from "./parts.tsx";
import { hrefOf, Link } from "./router.tsx";

export const Broken = ({ error }: { error: unknown }) => (
  <>
    <PageHead title="This page cannot be shown" />
    <Trouble error={error} onRetry={() => location.reload()} />
  </>
);

interface NoPageProps {
  /** Where a lost reader goes on. */
  readonly to: string;
  readonly what: string;
}

export const NoPage = ({ to, what }: NoPageProps) => (
  <>
    <PageHead title="Page not found" />
    <Empty title="There is no such page.">
      <Link href={hrefOf([to])}>Go to {what}</Link>
    </Empty>
  </>
);
