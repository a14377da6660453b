union all
-- What is the same for all statements: PostgreSQL's own types, and the casts. Each is one row of arrays, which costs the server a
-- fifth of a row for each.
select 'b', '', '', '', '', array[
    pg_catalog.array_agg(t.oid)::pg_catalog.text, pg_catalog.array_agg(t.typnamespace::pg_catalog.regnamespace)::pg_catalog.text,
    pg_catalog.array_agg(t.typname)::pg_catalog.text, pg_catalog.array_agg(t.typtype)::pg_catalog.text,
    pg_catalog.array_agg(t.typcategory)::pg_catalog.text, pg_catalog.array_agg(t.typispreferred)::pg_catalog.text,
    pg_catalog.array_agg(t.typelem)::pg_catalog.text, pg_catalog.array_agg(t.typarray)::pg_catalog.text,
    pg_catalog.array_agg(t.typbasetype)::pg_catalog.text,
    pg_catalog.array_agg(coalesce(r.rngsubtype, 0))::pg_catalog.text, pg_catalog.array_agg(coalesce(r.rngtypid, 0))::pg_catalog.text,
    pg_catalog.array_agg(t.typinput::pg_catalog.oid)::pg_catalog.text, pg_catalog.array_agg(t.typoutput::pg_catalog.oid)::pg_catalog.text,
    pg_catalog.array_agg(t.typmodin::pg_catalog.oid)::pg_catalog.text, pg_catalog.array_agg(t.typsubscript::pg_catalog.oid)::pg_catalog.text
  ]::pg_catalog.text, '', '', '', ''
from pg_catalog.pg_type t
left join pg_catalog.pg_range r on t.typtype operator(pg_catalog.=) any ('{r,m}'::pg_catalog."char"[])
  and (r.rngtypid operator(pg_catalog.=) t.oid or r.rngmultitypid operator(pg_catalog.=) t.oid)
where t.oid operator(pg_catalog.<) 16384 and t.typrelid operator(pg_catalog.=) 0
union all
select 'k', '', '', '', '', array[
    pg_catalog.array_agg(k.oid)::pg_catalog.text, pg_catalog.array_agg(k.castsource)::pg_catalog.text,
    pg_catalog.array_agg(k.casttarget)::pg_catalog.text, pg_catalog.array_agg(k.castfunc)::pg_catalog.text,
    pg_catalog.array_agg(k.castcontext)::pg_catalog.text, pg_catalog.array_agg(k.castmethod)::pg_catalog.text
  ]::pg_catalog.text, '', '', '', ''
from pg_catalog.pg_cast k
