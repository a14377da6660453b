-- What user code a SELECT in this database could run by name, by operator, by
-- cast or by type. target.go says what the columns mean. Every name is qualified:
-- the search path of the session is not trusted. Object ids below 16384 are those
-- of initdb.
with recursive
-- Which function is called by which other of this database, as far as the catalog
-- tells: by the defaults of its arguments, by a body in the SQL standard's form, as
-- a part of an aggregate.
calls (caller, callee) as (
  select p.oid, f.oid
  from pg_catalog.pg_proc p
  cross join lateral pg_catalog.unnest(array(
    select m.match[1]::pg_catalog.oid from pg_catalog.regexp_matches(
      pg_catalog.concat(p.proargdefaults::pg_catalog.text, p.prosqlbody::pg_catalog.text), ':(?:funcid|opfuncid|aggfnoid|winfnoid) ([0-9]+)', 'g') m (match)
  )) f (oid)
  where p.oid operator(pg_catalog.>=) 16384 and (p.proargdefaults is not null or p.prosqlbody is not null)
  union
  select a.aggfnoid::pg_catalog.oid, f.oid::pg_catalog.oid
  from pg_catalog.pg_aggregate a
  cross join lateral pg_catalog.unnest(array[a.aggtransfn, a.aggfinalfn, a.aggcombinefn,
    a.aggserialfn, a.aggdeserialfn, a.aggmtransfn, a.aggminvtransfn, a.aggmfinalfn]) f (oid)
  where a.aggfnoid::pg_catalog.oid operator(pg_catalog.>=) 16384
),
-- The functions that may have an effect: volatile, or calling such a one. Those of
-- PostgreSQL's own that are known to have none are left out.
effect (oid) as (
  select p.oid
  from pg_catalog.pg_proc p
  where p.provolatile operator(pg_catalog.=) 'v' and p.prokind operator(pg_catalog.<>) 'p'
    and not (p.oid operator(pg_catalog.<) 16384 and p.proname::pg_catalog.text operator(pg_catalog.=) any ('{HARMLESS}'::pg_catalog.text[]))
  union
  select c.caller
  from effect e
  join calls c on c.callee operator(pg_catalog.=) e.oid
),
own as (
  select p.oid, p.pronamespace, p.proname, p.pronargs, p.pronargdefaults, p.provariadic, p.proargtypes
  from pg_catalog.pg_proc p
  where p.oid operator(pg_catalog.=) any (array(select e.oid from effect e))
),
-- Types that are made of another: arrays, domains, ranges, rows.
edge (part, whole) as (
  select t.typelem, t.oid from pg_catalog.pg_type t
  where t.oid operator(pg_catalog.>=) 16384 and t.typelem operator(pg_catalog.<>) 0
  union all
  select t.typbasetype, t.oid from pg_catalog.pg_type t where t.typtype operator(pg_catalog.=) 'd'
  union all
  select r.rngsubtype, r.rngtypid from pg_catalog.pg_range r where r.rngtypid operator(pg_catalog.>=) 16384
  union all
  select a.atttypid, c.reltype
  from pg_catalog.pg_class c
  join pg_catalog.pg_attribute a on a.attrelid operator(pg_catalog.=) c.oid
  where c.oid operator(pg_catalog.>=) 16384 and c.reltype operator(pg_catalog.<>) 0
    and a.attnum operator(pg_catalog.>) 0 and not a.attisdropped
    and a.atttypid operator(pg_catalog.>=) 16384
),
-- Types whose values cannot be made, or written out, without running one.
unsafe (typ, fn) as (
  select t.oid, o.oid
  from pg_catalog.pg_type t
  cross join lateral pg_catalog.unnest(array[t.typinput, t.typoutput, t.typmodin]) f (oid)
  join own o on o.oid operator(pg_catalog.=) f.oid::pg_catalog.oid
  union
  select r.rngtypid, o.oid
  from pg_catalog.pg_range r
  cross join lateral pg_catalog.unnest(array[r.rngcanonical, r.rngsubdiff]) f (oid)
  join own o on o.oid operator(pg_catalog.=) f.oid::pg_catalog.oid
  union
  -- Domains whose check calls one, by name or by operator.
  select c.contypid, o.oid
  from pg_catalog.pg_constraint c
  cross join lateral pg_catalog.unnest(array(
    select m.match[1]::pg_catalog.oid
    from pg_catalog.regexp_matches(c.conbin::pg_catalog.text, ':(?:funcid|opfuncid|aggfnoid|winfnoid) ([0-9]+)', 'g') m (match)
  )) f (oid)
  join own o on o.oid operator(pg_catalog.=) f.oid
  where c.contypid operator(pg_catalog.<>) 0
  union
  select e.whole, u.fn
  from unsafe u
  join edge e on e.part operator(pg_catalog.=) u.typ
),
-- Types whose values run one wherever an expression wants another type.
eager (typ, fn) as (
  select c.castsource, o.oid
  from pg_catalog.pg_cast c
  join own o on o.oid operator(pg_catalog.=) c.castfunc
  -- to_json and its kin look for a cast to json by themselves.
  where c.castcontext operator(pg_catalog.=) 'i'
    or c.casttarget operator(pg_catalog.=) any (array['pg_catalog.json', 'pg_catalog.jsonb']::pg_catalog.regtype[])
  union
  select t.oid, o.oid
  from pg_catalog.pg_type t
  cross join lateral pg_catalog.unnest(array[t.typoutput, t.typsend]) f (oid)
  join own o on o.oid operator(pg_catalog.=) f.oid::pg_catalog.oid
),
-- Types of this database whose values run one when they are cast to the named type.
cast_from (typ, fn, target) as (
  select c.castsource, o.oid, c.casttarget
  from pg_catalog.pg_cast c
  join own o on o.oid operator(pg_catalog.=) c.castfunc
  where c.castsource operator(pg_catalog.>=) 16384
),
source (kind, typ, fn) as (
  select '', e.typ, e.fn from eager e
  union
  select 'cast-', c.typ, c.fn from cast_from c
),
found (kind, namespace, name, fn, lo, hi, takes_row) as (
  select 'function', o.pronamespace, o.proname, o.oid,
    o.pronargs operator(pg_catalog.-) o.pronargdefaults operator(pg_catalog.-) (o.provariadic operator(pg_catalog.<>) 0)::pg_catalog.int4,
    case when o.provariadic operator(pg_catalog.<>) 0 then 1000 else o.pronargs end,
    case
      when first.typname is null then 'no'
      when first.typtype operator(pg_catalog.=) 'p' then 'any'
      when first.typtype operator(pg_catalog.=) 'c' then 'table'
      else 'no'
    end
  from own o
  left join pg_catalog.pg_type first on first.oid operator(pg_catalog.=) o.proargtypes[0]
  union all
  -- Functions that take a type whose making runs one.
  select 'function', p.pronamespace, p.proname, p.oid, 0, 1000, 'no'
  from pg_catalog.pg_proc p
  where p.oid operator(pg_catalog.>=) 16384
    and p.proargtypes::pg_catalog.oid[] operator(pg_catalog.&&) array(select u.typ from unsafe u)
  union all
  select 'operator', x.oprnamespace, x.oprname, o.oid, 0, 0, 'no'
  from pg_catalog.pg_operator x
  join own o on o.oid operator(pg_catalog.=) x.oprcode
  union all
  select 'type', t.typnamespace, t.typname, u.fn, 0, 0, 'no'
  from unsafe u
  join pg_catalog.pg_type t on t.oid operator(pg_catalog.=) u.typ
  union all
  -- Casts, by the type that is cast to: from PostgreSQL's own types always, from
  -- those of this database where the statement has a value of such a type.
  select case when c.castsource operator(pg_catalog.<) 16384 then 'type' else 'cast' end, t.typnamespace, t.typname, o.oid, 0, 0, 'no'
  from pg_catalog.pg_cast c
  join own o on o.oid operator(pg_catalog.=) c.castfunc
  join pg_catalog.pg_type t on t.oid operator(pg_catalog.=) c.casttarget
  union all
  -- Where values of such types come from: casts, relations, functions.
  select s.kind operator(pg_catalog.||) 'type', t.typnamespace, t.typname, s.fn, 0, 0, 'no'
  from source s
  join pg_catalog.pg_type t on t.oid operator(pg_catalog.=) s.typ
  union all
  select s.kind operator(pg_catalog.||) 'relation', c.relnamespace, c.relname, s.fn, 0, 0, 'no'
  from source s
  join pg_catalog.pg_attribute a on a.atttypid operator(pg_catalog.=) s.typ and a.attnum operator(pg_catalog.>) 0 and not a.attisdropped
  join pg_catalog.pg_class c on c.oid operator(pg_catalog.=) a.attrelid
  where c.relkind operator(pg_catalog.=) any (array['r', 'v', 'm', 'f', 'p']::pg_catalog."char"[])
  union all
  select s.kind operator(pg_catalog.||) 'relation', c.relnamespace, c.relname, s.fn, 0, 0, 'no'
  from source s
  join pg_catalog.pg_class c on c.reltype operator(pg_catalog.=) s.typ
  union all
  select s.kind operator(pg_catalog.||) 'function', p.pronamespace, p.proname, s.fn, 0, 1000, 'no'
  from source s
  join pg_catalog.pg_proc p on p.oid operator(pg_catalog.>=) 16384
    and (p.proallargtypes operator(pg_catalog.||) p.prorettype) operator(pg_catalog.@>) array[s.typ]
)
select f.kind, n.nspname::pg_catalog.text, f.name::pg_catalog.text,
  fn.nspname::pg_catalog.text, p.proname::pg_catalog.text, coalesce(e.extname::pg_catalog.text, ''),
  f.lo::pg_catalog.text, f.hi::pg_catalog.text, f.takes_row,
  (n.nspname operator(pg_catalog.=) any (pg_catalog.current_schemas(true)))::pg_catalog.text
from found f
join pg_catalog.pg_namespace n on n.oid operator(pg_catalog.=) f.namespace
join pg_catalog.pg_proc p on p.oid operator(pg_catalog.=) f.fn
join pg_catalog.pg_namespace fn on fn.oid operator(pg_catalog.=) p.pronamespace
left join pg_catalog.pg_depend d on d.classid operator(pg_catalog.=) 'pg_catalog.pg_proc'::pg_catalog.regclass
  and d.objid operator(pg_catalog.=) p.oid and d.deptype operator(pg_catalog.=) 'e'
left join pg_catalog.pg_extension e on e.oid operator(pg_catalog.=) d.refobjid
union all
-- The schemas that an unqualified name is looked for in.
select 'path', s.name::pg_catalog.text, '', '', '', '', '0', '0', 'no', 'true'
from pg_catalog.unnest(pg_catalog.current_schemas(true)) s (name)
union all
-- Columns that are named like one of these functions: the column comes first.
select 'column', n.nspname::pg_catalog.text, c.relname::pg_catalog.text, '', a.attname::pg_catalog.text, '', '0', '0', 'no',
  (n.nspname operator(pg_catalog.=) any (pg_catalog.current_schemas(true)))::pg_catalog.text
from pg_catalog.pg_attribute a
join pg_catalog.pg_class c on c.oid operator(pg_catalog.=) a.attrelid
join pg_catalog.pg_namespace n on n.oid operator(pg_catalog.=) c.relnamespace
where a.attnum operator(pg_catalog.>) 0 and not a.attisdropped
  and c.relkind operator(pg_catalog.=) any (array['r', 'v', 'm', 'f', 'p']::pg_catalog."char"[])
  and a.attname operator(pg_catalog.=) any (select o.proname from own o where o.oid operator(pg_catalog.>=) 16384)
