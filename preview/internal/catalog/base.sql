union all
-- What is the same for all statements: PostgreSQL's own types, and the casts.
select 't', t.oid::pg_catalog.text, n.nspname::pg_catalog.text, t.typname::pg_catalog.text, '', TYPE::pg_catalog.text, '{}', '', '', ''
from (
  select t.*, r.* , null as families
  from pg_catalog.pg_type t
  left join pg_catalog.pg_range r on t.oid operator(pg_catalog.=) any (array[r.rngtypid, r.rngmultitypid])
  where t.oid operator(pg_catalog.<) 16384 and t.typrelid operator(pg_catalog.=) 0
) t
join pg_catalog.pg_namespace n on n.oid operator(pg_catalog.=) t.typnamespace
union all
select 'k', k.castsource::pg_catalog.text, k.casttarget::pg_catalog.text, k.castfunc::pg_catalog.text, k.castcontext::pg_catalog.text,
  k.castmethod::pg_catalog.text, '', '', '', ''
from pg_catalog.pg_cast k
