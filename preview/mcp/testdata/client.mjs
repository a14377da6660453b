// A client of the official TypeScript SDK: client.mjs MODULES http URL | stdio COMMAND ARGUMENTS...
// It prints one line a check and exits 1 at the first that fails.
import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'

const [modules, kind, ...target] = process.argv.slice(2)
const require = createRequire(modules + '/')
const load = name => import(pathToFileURL(require.resolve('@modelcontextprotocol/sdk/' + name)).href)
const { Client } = await load('client/index.js')
const { StreamableHTTPClientTransport } = await load('client/streamableHttp.js')
const { StdioClientTransport } = await load('client/stdio.js')

const check = (what, holds, seen) => {
  if (!holds) {
    console.error('FAILED: ' + what, JSON.stringify(seen))
    process.exit(1)
  }
  console.log('ok: ' + what)
}

const transport = kind === 'http'
  ? new StreamableHTTPClientTransport(new URL(target[0]))
  : new StdioClientTransport({ command: target[0], args: target.slice(1), env: process.env })
const client = new Client({ name: 'test', version: '1' })
await client.connect(transport)

const { tools } = await client.listTools() // the SDK then checks structured content by the schemas
check('five tools', tools.length === 5 && tools.every(t => t.annotations.readOnlyHint && !t.annotations.destructiveHint), tools)

const rows = await client.callTool({ name: 'preview_query', arguments: { sql: 'select 1 as one, null as nothing' } })
check('rows', JSON.stringify(rows.structuredContent.rows) === '[["1",null]]' && rows.content[0].text.includes('\n1\t\\N\n'), rows)

const refused = await client.callTool({ name: 'preview_query', arguments: { sql: 'select 1 for update; drop table t' } })
check('a refusal lists every violation', refused.isError && /ROW_LOCK[^]*MULTIPLE_STATEMENTS/.test(refused.content[0].text), refused)

const tables = await client.callTool({ name: 'list_tables', arguments: {} })
check('tables', tables.structuredContent.tables.some(t => t.name === 'customers'), tables)

const { resources } = await client.listResources()
const { contents } = await client.readResource({ uri: resources[0].uri })
check('the schema as a resource', contents[0].text.includes('public.customers\ttable'), contents)

const slow = 'select count(*) from generate_series(1, 100000) a, generate_series(1, 100000) b'
let told = 0
const abort = new AbortController()
const running = client.callTool({ name: 'preview_query', arguments: { sql: slow } }, undefined,
  { signal: abort.signal, onprogress: () => { told++; abort.abort() } })
const error = await running.then(() => null, e => e)
check('progress is told, and a cancelled call ends', told === 1 && error !== null, [told, String(error)])

const busy = "select count(*) from pg_stat_activity where application_name = 'sqlpreview' and state = 'active' and datname = current_database() and pid <> pg_backend_pid()"
let left = '?'
for (let tries = 0; tries < 80 && left !== '0'; tries++) {
  const answer = await client.callTool({ name: 'preview_query', arguments: { sql: busy } })
  left = answer.structuredContent?.rows[0][0]
  if (left !== '0') await new Promise(again => setTimeout(again, 50))
}
check('the backend is free', left === '0', left)

await client.close()
