import { DataSource } from 'typeorm';
import { startEmbeddedPostgres } from '#embedded';
import { migrate } from '../migrations/run.js';

interface Column {
  table_name: string;
  column_name: string;
  type: string;
  nullable: boolean;
  isolated: boolean;
}

// Partitions are left out: they come and go with the months.
const columnsOfTables = `
  SELECT class.relname AS table_name, attribute.attname AS column_name,
         format_type(attribute.atttypid, attribute.atttypmod) AS type,
         NOT attribute.attnotnull AS nullable, class.relrowsecurity AS isolated
  FROM pg_class class JOIN pg_attribute attribute ON attribute.attrelid = class.oid
  WHERE class.relnamespace = 'public'::regnamespace AND class.relkind IN ('r', 'p') AND NOT class.relispartition
    AND attribute.attnum > 0 AND NOT attribute.attisdropped AND class.relname <> 'migrations'
  ORDER BY class.relname, attribute.attnum`;

/** docs/schema.md: what a fresh database looks like after all migrations; a change of schema shows in review. */
export async function schemaTable(): Promise<string> {
  const postgres = await startEmbeddedPostgres();
  try {
    await migrate(postgres.url);
    const dataSource = await new DataSource({
      type: 'postgres',
      url: postgres.url,
      installExtensions: false,
    }).initialize();
    const columns = await dataSource.query<Column[]>(columnsOfTables);
    await dataSource.destroy();
    return render(Map.groupBy(columns, (column) => column.table_name));
  } finally {
    await postgres.stop();
  }
}

function render(tables: Map<string, Column[]>): string {
  const intro = '<!-- Written by `npm run docs` from a freshly migrated database: change a migration. -->';
  const sections = [...tables].map(([name, columns]) => {
    const rows = columns.map(
      ({ column_name, type, nullable }) => `| \`${column_name}\` | ${type}${nullable ? '' : ', not null'} |`,
    );
    const isolated = columns[0]?.isolated
      ? 'Row-level security: a workspace sees only its own rows.'
      : 'No workspace data.';
    return [`## ${name}`, '', isolated, '', '| column | type |', '| --- | --- |', ...rows, ''].join('\n');
  });
  return ['# Schema', '', intro, '', ...sections].join('\n');
}
