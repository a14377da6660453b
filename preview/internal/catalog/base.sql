union all
-- What is the same for all statements: PostgreSQL's own types, and the casts. Each is one row of arrays, which costs the server a
-- fifth of a row for each.
select 'b', '', '', '', '', array[
    pg_catalog.array_agg(t.oid)::pg_catalog.text, pg_catalog.array_agg(t.typnamespace::pg_catalog.regnamespace)::pg_catalog.text,
    pg_catalog.array_agg(t.typname)::pg_catalog.text, pg_catalog.array_agg(t.typtype)::pg_catalog.text,
    pg_catalog.array_agg(t.typcategory)::pg_catalog.text, pg_catalog.array_agg(t.typispreferred)::pg_catalog.text,
    pg_catalog.array_agg(t.typelem)::pg_catalog.text, pg_catalog.array_agg(t.typarray)::pg_catalog.text,
    pg_catalog.array_agg(t.typbasetype)::pg_catalog.text,
    pg_catalog.array_agg(coalesce(t.rngsubtype, 0))::pg_catalog.text, pg_catalog.array_agg(coalesce(t.rngtypid, 0))::pg_catalog.text,
    pg_catalog.array_agg(t.typinput::pg_catalog.oid)::pg_catalog.text, pg_catalog.array_agg(t.typoutput::pg_catalog.oid)::pg_catalog.text,
    pg_catalog.array_agg(t.typmodin::pg_catalog.oid)::pg_catalog.text, pg_catalog.array_agg(t.typsubscript::pg_catalog.oid)::pg_catalog.text
  ]::pg_catalog.text, '', '', '', ''
-- PostgreSQL 13 does not have these columns: a name without a table then finds them here.
from (select null::pg_catalog.oid, 0::pg_catalog.oid) missing (typsubscript, rngmultitypid)
cross join lateral (
  select t.oid, t.typnamespace, t.typname, t.typtype, t.typcategory, t.typispreferred, t.typelem, t.typarray, t.typbasetype,
    r.rngsubtype, r.rngtypid, t.typinput, t.typoutput, t.typmodin,
    -- There, arrays (array_subscript_handler) and types of a fixed number of elements (raw_array_subscript_handler) are told by their length.
    coalesce(typsubscript::pg_catalog.oid, case when t.typelem operator(pg_catalog.=) 0 then 0 when t.typlen operator(pg_catalog.=) -1 then 6179 else 6180 end) as typsubscript
  from pg_catalog.pg_type t
  left join pg_catalog.pg_range r on t.typtype operator(pg_catalog.=) any ('{r,m}'::pg_catalog."char"[])
    and (r.rngtypid operator(pg_catalog.=) t.oid or rngmultitypid operator(pg_catalog.=) t.oid)
  where t.oid operator(pg_catalog.<) 16384 and t.typrelid operator(pg_catalog.=) 0
) t
union all
select 'k', '', '', '', '', array[
    pg_catalog.array_agg(k.oid)::pg_catalog.text, pg_catalog.array_agg(k.castsource)::pg_catalog.text,
    pg_catalog.array_agg(k.casttarget)::pg_catalog.text, pg_catalog.array_agg(k.castfunc)::pg_catalog.text,
    pg_catalog.array_agg(k.castcontext)::pg_catalog.text, pg_catalog.array_agg(k.castmethod)::pg_catalog.text
  ]::pg_catalog.text, '', '', '', ''
from pg_catalog.pg_cast k
union all
-- What user-defined operator classes do for PostgreSQL's own types and operators.
select 'g', '', '', '', '', array[
    coalesce(pg_catalog.array_agg(g.object), '{}')::pg_catalog.text, coalesce(pg_catalog.array_agg(g.support), '{}')::pg_catalog.text
  ]::pg_catalog.text, '', '', '', ''
from TOUCHED g (object, support)
