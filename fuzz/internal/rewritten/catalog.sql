-- What leads from the objects of a rewritten tree to functions. The session's
-- search path is pg_catalog alone.
select p.oid, n.nspname, p.proname, l.lanname, p.provolatile, p.prokind, p.proisstrict,
  array_to_string(p.proargtypes::oid[], ' '), p.pronargdefaults, p.prorettype, p.proargdefaults::text, e.extname,
  pg_get_function_identity_arguments(p.oid), p.prosqlbody::text, p.prosrc,
  p.prosecdef or p.proconfig is not null,
  (select string_agg(a.type::text, ' ') from unnest(p.proallargtypes, p.proargmodes) a (type, mode) where a.mode in ('o', 'b', 't'))
from pg_proc p
join pg_namespace n on n.oid = p.pronamespace
join pg_language l on l.oid = p.prolang
left join pg_depend d on d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e'
left join pg_extension e on e.oid = d.refobjid;

select oid, oprname, oprcode::oid from pg_operator;

select t.oid, n.nspname, t.typname, t.typtype, case when t.typinput = 'array_in'::regproc then t.typelem else 0 end, t.typbasetype,
  t.typinput::oid, t.typoutput::oid, t.typrelid, t.typsubscript::oid, t.typmodin::oid
from pg_type t
join pg_namespace n on n.oid = t.typnamespace;

select rngtypid, rngsubtype, rngmultitypid, rngsubopc, rngcanonical::oid, rngsubdiff::oid from pg_range;

select attrelid, attnum, attname, atttypid, attgenerated from pg_attribute where attnum > 0 and not attisdropped;

select c.oid, n.nspname, c.relname, c.relkind, c.reltype, e.extname
from pg_class c
join pg_namespace n on n.oid = c.relnamespace
left join pg_depend d on d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e'
left join pg_extension e on e.oid = d.refobjid
where c.relkind in ('r', 'v', 'm', 'f', 'p', 'c');

select inhrelid, inhparent from pg_inherits;

select contypid, conrelid, conbin::text from pg_constraint where conbin is not null;

select d.adrelid, d.adnum, d.adbin::text
from pg_attrdef d
join pg_attribute a on a.attrelid = d.adrelid and a.attnum = d.adnum
where a.attgenerated <> '';

select castsource, casttarget, castfunc, castmethod, castcontext from pg_cast;

select amopfamily, amoplefttype, amoprighttype, amopopr from pg_amop;

select amprocfamily, amproclefttype, amprocrighttype, amproc::oid from pg_amproc;

select c.oid, a.amname, c.opcfamily, c.opcintype, c.opcdefault
from pg_opclass c
join pg_am a on a.oid = c.opcmethod;

select aggfnoid::oid, array_to_string(array[aggtransfn, aggfinalfn, aggcombinefn, aggserialfn, aggdeserialfn, aggmtransfn, aggminvtransfn, aggmfinalfn]::oid[], ' ')
from pg_aggregate;

select indrelid, concat_ws(' ', indexprs::text, indpred::text), array_to_string(indclass::oid[], ' ') from pg_index where indexrelid >= 16384;

select partrelid, partexprs::text, array_to_string(partclass::oid[], ' ') from pg_partitioned_table;

select stxrelid, stxexprs::text from pg_statistic_ext where stxexprs is not null;

select r.ev_class, r.ev_action::text
from pg_rewrite r
join pg_class c on c.oid = r.ev_class
where c.relkind = 'm' or c.relkind = 'v' and r.ev_class >= 16384;
