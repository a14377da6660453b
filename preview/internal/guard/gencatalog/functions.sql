-- Functions of PostgreSQL's own schemas by name: the worst volatility of the
-- overloads, whether a call with one argument is possible, and whether that
-- argument can be any row. Aggregates count as what their parts are.
select
  case when n.nspname = 'pg_catalog' then '' else n.nspname || '.' end || p.proname,
  max(case p.provolatile when 'v' then 2 when 's' then 1 else 0 end),
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
group by 1
