-- Functions of PostgreSQL's own schemas by name: the worst volatility of the
-- overloads, whether a call with one argument is possible, and whether that
-- argument can be any row.
select 'version ' || split_part(current_setting('server_version'), ' ', 1);
select
  case when n.nspname = 'pg_catalog' then '' else n.nspname || '.' end || p.proname,
  max(p.provolatile::text collate "C"), -- i < s < v
  bool_or(x.one),
  bool_or(x.one and p.proargtypes[0] in (
    'record'::regtype, '"any"'::regtype, 'anyelement'::regtype, 'anynonarray'::regtype,
    'anycompatible'::regtype, 'anycompatiblenonarray'::regtype))
from pg_proc p
join pg_namespace n on n.oid = p.pronamespace
cross join lateral (
  select p.pronargs >= 1 and p.pronargs - p.pronargdefaults - (p.provariadic <> 0)::int <= 1
) x (one)
where n.nspname in ('pg_catalog', 'information_schema')
group by 1;
