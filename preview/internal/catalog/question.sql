with recursive
session (temp) as materialized (select pg_catalog.pg_my_temp_schema()),
path (place, nsp, name) as materialized (
  select s.place, n.oid, n.nspname
  from pg_catalog.unnest(pg_catalog.current_schemas(true)) with ordinality s (name, place)
  join pg_catalog.pg_namespace n on n.nspname operator(pg_catalog.=) s.name
),
seed (number, class, nsp, name) as materialized (
  select s.number, s.part[1],
    case when s.part[2] operator(pg_catalog.=) '' then null
      when pg_catalog."left"(s.part[2], 1) operator(pg_catalog.=) '~' then
        (pg_catalog.parse_ident(pg_catalog.convert_from(pg_catalog.decode(pg_catalog.substr(s.part[2], 2), 'hex'), 'UTF8')))[1]::pg_catalog.name
      else pg_catalog.convert_from(pg_catalog.decode(s.part[2], 'hex'), 'UTF8')::pg_catalog.name end,
    case when s.part[3] operator(pg_catalog.=) '' then null
      when pg_catalog."left"(s.part[3], 1) operator(pg_catalog.=) '~' then
        (pg_catalog.parse_ident(pg_catalog.convert_from(pg_catalog.decode(pg_catalog.substr(s.part[3], 2), 'hex'), 'UTF8')))[1]::pg_catalog.name
      else pg_catalog.convert_from(pg_catalog.decode(s.part[3], 'hex'), 'UTF8')::pg_catalog.name end
  from (
    select s.number, pg_catalog.string_to_array(s.text, '.')
    from pg_catalog.unnest('{SEEDS}'::pg_catalog.text[]) with ordinality s (text, number)
    offset 0
  ) s (number, part)
),
named (number, place, class, oid) as materialized (
  select s.number, x.place, s.class, x.oid
  from (
    select s.number, s.class, s.name, p.place, p.nsp
    from seed s
    join path p on s.nsp is null
  union all
    select s.number, s.class, s.name, 0, n.oid
    from seed s
    join pg_catalog.pg_namespace n on n.nspname operator(pg_catalog.=) s.nsp
  union all
    select s.number, s.class, s.name, 0, session.temp
    from seed s
    cross join session
    where s.nsp operator(pg_catalog.=) 'pg_temp'
  ) s
  cross join lateral (
    select s.place, c.oid from pg_catalog.pg_class c
    where s.class operator(pg_catalog.=) 'r' and c.relname operator(pg_catalog.=) s.name and c.relnamespace operator(pg_catalog.=) s.nsp
  union all
    select s.place, t.oid from pg_catalog.pg_type t
    where s.class operator(pg_catalog.=) 't' and t.typname operator(pg_catalog.=) s.name and t.typnamespace operator(pg_catalog.=) s.nsp
  union all
    select s.place, f.oid from pg_catalog.pg_proc f
    where s.class operator(pg_catalog.=) 'f' and f.proname operator(pg_catalog.=) s.name and f.pronamespace operator(pg_catalog.=) s.nsp
      and (s.place operator(pg_catalog.=) 0 or s.nsp operator(pg_catalog.<>) (select session.temp from session))
  union all
    select s.place, o.oid from pg_catalog.pg_operator o
    where s.class operator(pg_catalog.=) 'o' and o.oprname operator(pg_catalog.=) s.name and o.oprnamespace operator(pg_catalog.=) s.nsp
      and (s.place operator(pg_catalog.=) 0 or s.nsp operator(pg_catalog.<>) (select session.temp from session))
  ) x (place, oid)
),
object (class, oid, nsp, name, refs, detail, list, runs, more) as (
  select '!' collate pg_catalog."C", 0::pg_catalog.oid, 0::pg_catalog.oid, ''::pg_catalog.name,
    array(
      select n.class operator(pg_catalog.||) n.oid::pg_catalog.text from named n
    union all
      select 'c' operator(pg_catalog.||) k.castfunc::pg_catalog.text from pg_catalog.pg_cast k
      where BASE and k.oid operator(pg_catalog.>=) 16384
    ) collate pg_catalog."C",
    '{}'::pg_catalog.text[] collate pg_catalog."C", '{}'::pg_catalog.text[] collate pg_catalog."C", '{}'::pg_catalog.text[] collate pg_catalog."C", '{}'::pg_catalog.text[] collate pg_catalog."C"
union
  select x.class collate pg_catalog."C", x.oid, found.nsp, found.name, found.refs collate pg_catalog."C", found.detail collate pg_catalog."C", found.list collate pg_catalog."C", found.runs collate pg_catalog."C", found.more collate pg_catalog."C"
  from (
    select distinct pg_catalog.translate(pg_catalog."left"(r.ref, 1), 'v', 't'), pg_catalog.substr(r.ref, 2)::pg_catalog.oid
    from object
    cross join lateral pg_catalog.unnest(object.refs) r (ref)
    where pg_catalog.substr(r.ref, 2) operator(pg_catalog.<>) '0'
  ) x (class, oid)
  cross join lateral (
    -- relation
    select c.relnamespace, c.relname,
      columns.types operator(pg_catalog.||) rule.runs operator(pg_catalog.||) generated.runs operator(pg_catalog.||) policy.runs
        operator(pg_catalog.||) kin.oids operator(pg_catalog.||) ('t' operator(pg_catalog.||) c.reltype::pg_catalog.text),
      array[c.relkind::pg_catalog.text, c.reltype::pg_catalog.text, pg_catalog.row_security_active(c.oid)::pg_catalog.text],
      columns.list,
      rule.runs operator(pg_catalog.||) generated.runs operator(pg_catalog.||) kin.oids,
      policy.runs
    from pg_catalog.pg_class c
    cross join lateral (
      select array(
        select array[a.attnum::pg_catalog.text, a.attname::pg_catalog.text, a.atttypid::pg_catalog.text, a.attgenerated::pg_catalog.text,
          coalesce(a.attfdwoptions::pg_catalog.text, '{}'),
          case when a.attgenerated operator(pg_catalog.<>) '' then array(
            select distinct m.match[1] from pg_catalog.pg_attrdef d
            cross join lateral pg_catalog.regexp_matches(d.adbin::pg_catalog.text, ':varattno ([0-9]+)', 'g') m (match)
            where d.adrelid operator(pg_catalog.=) a.attrelid and d.adnum operator(pg_catalog.=) a.attnum
          )::pg_catalog.text else '{}' end]
        from pg_catalog.pg_attribute a
        where a.attrelid operator(pg_catalog.=) c.oid and a.attnum operator(pg_catalog.>) 0 and not a.attisdropped
      ), array(
        select distinct 't' operator(pg_catalog.||) a.atttypid::pg_catalog.text
        from pg_catalog.pg_attribute a
        where a.attrelid operator(pg_catalog.=) c.oid and a.attnum operator(pg_catalog.>) 0 and a.atttypid operator(pg_catalog.>=) 16384
      )
      offset 0
    ) columns (list, types)
    cross join lateral (
       select case when c.relkind operator(pg_catalog.=) any ('{v,m}'::pg_catalog."char"[]) and c.oid operator(pg_catalog.>=) 16384 then array(
         select e.ref from pg_catalog.pg_rewrite r cross join lateral (EXPRESSION(r.ev_action)) e (ref)
         where r.ev_class operator(pg_catalog.=) c.oid and r.ev_type operator(pg_catalog.=) '1'
           and e.ref operator(pg_catalog.<>) ('r' operator(pg_catalog.||) c.oid::pg_catalog.text)
           and (c.relkind operator(pg_catalog.=) 'v' or pg_catalog."left"(e.ref, 1) operator(pg_catalog.=) 'r')
       ) else '{}'::pg_catalog.text[] end
      offset 0
    ) rule (runs)
    cross join lateral (
       select array(
         select distinct e.ref from pg_catalog.pg_attribute a join pg_catalog.pg_attrdef d on d.adrelid operator(pg_catalog.=) a.attrelid and d.adnum operator(pg_catalog.=) a.attnum
         cross join lateral (EXPRESSION(d.adbin)) e (ref)
         where a.attrelid operator(pg_catalog.=) c.oid and a.attgenerated operator(pg_catalog.=) 'v'
       )
      offset 0
    ) generated (runs)
    cross join lateral (
      select case when c.relrowsecurity then array(
         select distinct e.ref from pg_catalog.pg_policy p
         cross join lateral (EXPRESSION(p.polqual)) e (ref)
         where p.polrelid operator(pg_catalog.=) c.oid and p.polcmd operator(pg_catalog.=) any ('{r,*}'::pg_catalog."char"[])
       ) else '{}'::pg_catalog.text[] end
      offset 0
    ) policy (runs)
    cross join lateral (
      select array(
        with recursive up (oid) as (
          select i.inhparent from pg_catalog.pg_inherits i where i.inhrelid operator(pg_catalog.=) c.oid
        union
          select i.inhparent from up join pg_catalog.pg_inherits i on i.inhrelid operator(pg_catalog.=) up.oid
        ), down (oid) as (
          select i.inhrelid from pg_catalog.pg_inherits i where i.inhparent operator(pg_catalog.=) c.oid
        union
          select i.inhrelid from down join pg_catalog.pg_inherits i on i.inhparent operator(pg_catalog.=) down.oid
        )
        select 'k' operator(pg_catalog.||) up.oid::pg_catalog.text from up
        union all
        select 'k' operator(pg_catalog.||) down.oid::pg_catalog.text from down
      )
      offset 0
    ) kin (oids)
    where x.class operator(pg_catalog.=) 'r' and c.oid operator(pg_catalog.=) x.oid
  union all
    -- kin
    select c.relnamespace, c.relname, '{}'::pg_catalog.text[], '{}'::pg_catalog.text[], '{}'::pg_catalog.text[], '{}'::pg_catalog.text[], '{}'::pg_catalog.text[]
    from pg_catalog.pg_class c
    where x.class operator(pg_catalog.=) 'k' and c.oid operator(pg_catalog.=) x.oid
  union all
    -- type
    select t.typnamespace, t.typname,
      columns.types operator(pg_catalog.||) domain.runs operator(pg_catalog.||) compare.functions
        operator(pg_catalog.||) case when t.oid operator(pg_catalog.>=) 16384 then array(
          select part.class operator(pg_catalog.||) part.oid::pg_catalog.text
          from (values ('t', t.typelem), ('t', t.typbasetype), ('t', range.subtype), ('t', range.oid),
            ('f', t.typinput::pg_catalog.oid), ('f', t.typoutput::pg_catalog.oid), ('f', t.typmodin::pg_catalog.oid),
            ('f', t.typsubscript::pg_catalog.oid)) part (class, oid)
          where part.oid operator(pg_catalog.>=) 16384
        ) else '{}'::pg_catalog.text[] end,
      TYPE,
      columns.list,
      domain.runs,
      compare.functions
    from pg_catalog.pg_type t
    left join lateral (
      select r.rngtypid, r.rngsubtype, r.rngcanonical, r.rngsubdiff, r.rngsubopc from pg_catalog.pg_range r
      where t.typtype operator(pg_catalog.=) 'r' and r.rngtypid operator(pg_catalog.=) t.oid
      union all
      select r.rngtypid, r.rngsubtype, r.rngcanonical, r.rngsubdiff, r.rngsubopc from pg_catalog.pg_range r
      where t.typtype operator(pg_catalog.=) 'm' and r.rngmultitypid operator(pg_catalog.=) t.oid
    ) range (oid, subtype, canonical, subdiff, opclass) on true
    cross join lateral (
      select array(
        select array[a.attnum::pg_catalog.text, a.attname::pg_catalog.text, a.atttypid::pg_catalog.text]
        from pg_catalog.pg_attribute a
        where t.typrelid operator(pg_catalog.<>) 0 and a.attrelid operator(pg_catalog.=) t.typrelid and a.attnum operator(pg_catalog.>) 0 and not a.attisdropped
      ), array(
        select distinct 't' operator(pg_catalog.||) a.atttypid::pg_catalog.text
        from pg_catalog.pg_attribute a
        where t.typrelid operator(pg_catalog.<>) 0 and a.attrelid operator(pg_catalog.=) t.typrelid and a.attnum operator(pg_catalog.>) 0 and a.atttypid operator(pg_catalog.>=) 16384
      )
      offset 0
    ) columns (list, types)
    cross join lateral (
      select array(
        select distinct e.ref from pg_catalog.pg_constraint k
        cross join lateral (EXPRESSION(k.conbin)) e (ref)
        where t.typtype operator(pg_catalog.=) 'd' and k.contypid operator(pg_catalog.=) t.oid and k.contype operator(pg_catalog.=) 'c'
      )
      offset 0
    ) domain (runs)
    cross join lateral (
      select array(
        select distinct 'f' operator(pg_catalog.||) s.oid::pg_catalog.text
        from pg_catalog.pg_opclass k
        cross join lateral (
          select m.amproc::pg_catalog.oid from pg_catalog.pg_amproc m where m.amprocfamily operator(pg_catalog.=) k.opcfamily
          union all
          select o.oprcode::pg_catalog.oid from pg_catalog.pg_amop m join pg_catalog.pg_operator o on o.oid operator(pg_catalog.=) m.amopopr
          where m.amopfamily operator(pg_catalog.=) k.opcfamily
          union all
          select range.canonical::pg_catalog.oid
          union all
          select range.subdiff::pg_catalog.oid
        ) s (oid)
        where s.oid operator(pg_catalog.>=) 16384 and (
          t.typtype operator(pg_catalog.=) 'b' and t.typsubscript::pg_catalog.oid operator(pg_catalog.<>) 6179 and k.opcdefault
            and k.opcmethod operator(pg_catalog.=) any ('{403,405}'::pg_catalog.oid[]) and k.opcintype operator(pg_catalog.=) t.oid
          or k.oid operator(pg_catalog.=) range.opclass)
      )
      offset 0
    ) compare (functions)
    where x.class operator(pg_catalog.=) 't' and t.oid operator(pg_catalog.=) x.oid
      and (t.oid operator(pg_catalog.>=) 16384 or t.typrelid operator(pg_catalog.<>) 0)
  union all
    -- function
    select f.pronamespace, f.proname,
      case when f.oid operator(pg_catalog.>=) 16384 then
        array(select distinct 't' operator(pg_catalog.||) a.oid::pg_catalog.text
          from pg_catalog.unnest(coalesce(f.proallargtypes, f.proargtypes::pg_catalog.oid[]) operator(pg_catalog.||) f.prorettype operator(pg_catalog.||) f.provariadic) a (oid)
          where x.class operator(pg_catalog.=) 'f' and a.oid operator(pg_catalog.>=) 16384)
        operator(pg_catalog.||) body.runs operator(pg_catalog.||) defaults.runs operator(pg_catalog.||) coalesce(part.functions, '{}'::pg_catalog.text[])
        else '{}'::pg_catalog.text[] end,
      array[f.prokind::pg_catalog.text, f.provolatile::pg_catalog.text,
        (select l.lanname::pg_catalog.text from pg_catalog.pg_language l where l.oid operator(pg_catalog.=) f.prolang),
        f.proargtypes::pg_catalog.text, f.provariadic::pg_catalog.text, f.pronargdefaults::pg_catalog.text,
        f.prorettype::pg_catalog.text, f.proretset::pg_catalog.text,
        coalesce(f.proargmodes::pg_catalog.text, '{}'), coalesce(f.proallargtypes::pg_catalog.text, '{}'), coalesce(f.proargnames::pg_catalog.text, '{}'),
        coalesce(f.proconfig::pg_catalog.text, '{}'),
        coalesce(part.kind, ''), coalesce(part.direct, '0'),
        (f.oid operator(pg_catalog.>=) 16384 and f.prolang operator(pg_catalog.<>) all ('{12,13,14}'::pg_catalog.oid[])
          and f.prosrc operator(pg_catalog.~*) '[[:<:]]execute[[:>:]]')::pg_catalog.text,
        (f.prosqlbody is not null)::pg_catalog.text],
      coalesce(part.functions, '{}'::pg_catalog.text[]),
      body.runs, defaults.runs
    from pg_catalog.pg_proc f
    left join lateral (
      select a.aggkind::pg_catalog.text, a.aggnumdirectargs::pg_catalog.text,
        case when f.oid operator(pg_catalog.>=) 16384 then array(
          select 'f' operator(pg_catalog.||) p.oid::pg_catalog.oid::pg_catalog.text
          from pg_catalog.unnest(array[a.aggtransfn, a.aggfinalfn, a.aggcombinefn,
            a.aggserialfn, a.aggdeserialfn, a.aggmtransfn, a.aggminvtransfn, a.aggmfinalfn]) p (oid)
          where p.oid::pg_catalog.oid operator(pg_catalog.<>) 0
        ) operator(pg_catalog.||) case when a.aggsortop operator(pg_catalog.<>) 0 then array['o' operator(pg_catalog.||) a.aggsortop::pg_catalog.oid::pg_catalog.text] end
        end
      from pg_catalog.pg_aggregate a
      where f.prokind operator(pg_catalog.=) 'a' and a.aggfnoid::pg_catalog.oid operator(pg_catalog.=) f.oid
    ) part (kind, direct, functions) on true
    cross join lateral (
      select case when f.oid operator(pg_catalog.>=) 16384 and f.prosqlbody is not null then array(select e.ref from (EXPRESSION(f.prosqlbody)) e (ref)) else '{}'::pg_catalog.text[] end
      offset 0
    ) body (runs)
    cross join lateral (
      select case when f.oid operator(pg_catalog.>=) 16384 and f.proargdefaults is not null then array(select e.ref from (EXPRESSION(f.proargdefaults)) e (ref)) else '{}'::pg_catalog.text[] end
      offset 0
    ) defaults (runs)
    where x.class operator(pg_catalog.=) any ('{f,c}'::pg_catalog.text[]) and f.oid operator(pg_catalog.=) x.oid
  union all
    -- operator
    select o.oprnamespace, o.oprname,
      case when o.oid operator(pg_catalog.>=) 16384 then array[
        'f' operator(pg_catalog.||) o.oprcode::pg_catalog.oid::pg_catalog.text, 
        't' operator(pg_catalog.||) o.oprleft::pg_catalog.text,
        't' operator(pg_catalog.||) o.oprright::pg_catalog.text,
        't' operator(pg_catalog.||) o.oprresult::pg_catalog.text,
        'o' operator(pg_catalog.||) o.oprcom::pg_catalog.text,
        'o' operator(pg_catalog.||) o.oprnegate::pg_catalog.text
        ] operator(pg_catalog.||) support.functions else '{}'::pg_catalog.text[] end,
      array[o.oprleft::pg_catalog.text, o.oprright::pg_catalog.text, o.oprresult::pg_catalog.text, o.oprcode::pg_catalog.oid::pg_catalog.text,
        o.oprcom::pg_catalog.text, o.oprnegate::pg_catalog.text],
      support.functions,
      '{}'::pg_catalog.text[], '{}'::pg_catalog.text[]
    from pg_catalog.pg_operator o
    cross join lateral (
      select case when o.oid operator(pg_catalog.>=) 16384 then array(
        select distinct 'f' operator(pg_catalog.||) p.amproc::pg_catalog.oid::pg_catalog.text
        from pg_catalog.pg_amop m
        join pg_catalog.pg_amproc p on p.amprocfamily operator(pg_catalog.=) m.amopfamily
        where m.amopopr operator(pg_catalog.=) o.oid
          and m.amopmethod operator(pg_catalog.=) any ('{403,405}'::pg_catalog.oid[])
      ) else '{}'::pg_catalog.text[] end
      offset 0
    ) support (functions)
    where x.class operator(pg_catalog.=) 'o' and o.oid operator(pg_catalog.=) x.oid
  ) found (nsp, name, refs, detail, list, runs, more)
)
select 's', pg_catalog.current_setting('server_version_num'), current_user::pg_catalog.text, pg_catalog.getdatabaseencoding()::pg_catalog.text, '',
  array(select p.name::pg_catalog.text from path p order by p.place)::pg_catalog.text, '', '', '', ''
union all
select 'n', n.number::pg_catalog.text, n.place::pg_catalog.text, n.class, n.oid::pg_catalog.text, '', '', '', '', ''
from named n
union all
select o.class, o.oid::pg_catalog.text, n.nspname::pg_catalog.text, o.name::pg_catalog.text,
  coalesce((
    select e.extname::pg_catalog.text
    from pg_catalog.pg_depend d
    join pg_catalog.pg_extension e on e.oid operator(pg_catalog.=) d.refobjid
    where o.oid operator(pg_catalog.>=) 16384
      and d.classid operator(pg_catalog.=) case when o.class operator(pg_catalog.=) 'r' then 1259 when o.class operator(pg_catalog.=) 't' then 1247
        when o.class operator(pg_catalog.=) 'o' then 2617 else 1255 end::pg_catalog.oid
      and d.objid operator(pg_catalog.=) o.oid and d.objsubid operator(pg_catalog.=) 0
      and d.deptype operator(pg_catalog.=) 'e'
  ), ''),
  o.detail::pg_catalog.text, o.list::pg_catalog.text, o.runs::pg_catalog.text, o.more::pg_catalog.text,
  case when o.class operator(pg_catalog.=) 'r' and o.oid operator(pg_catalog.>=) 16384
      and o.detail[1] operator(pg_catalog.=) any ('{v,m}'::pg_catalog.text[])
    then (
      select case when pg_catalog.octet_length(v.text) operator(pg_catalog.<=) DEFINITION then v.text end
      from (select pg_catalog.pg_get_viewdef(o.oid) offset 0) v (text)
    ) when o.class operator(pg_catalog.=) any ('{f,c}'::pg_catalog.text[]) and o.detail[3] operator(pg_catalog.=) 'sql' and o.oid operator(pg_catalog.>=) 16384 then (
      select f.prosrc from pg_catalog.pg_proc f
      where f.oid operator(pg_catalog.=) o.oid and pg_catalog.octet_length(f.prosrc) operator(pg_catalog.<=) DEFINITION
    ) end
from object o
left join pg_catalog.pg_namespace n on n.oid operator(pg_catalog.=) o.nsp
where o.class operator(pg_catalog.<>) '!'
union all
select 't', t.oid::pg_catalog.text, n.nspname::pg_catalog.text, t.typname::pg_catalog.text, '',
  TYPE::pg_catalog.text, '{}', '{}', '{}', ''
from pg_catalog.pg_type t
join pg_catalog.pg_namespace n on n.oid operator(pg_catalog.=) t.typnamespace
left join pg_catalog.pg_range r on t.oid operator(pg_catalog.=) any (array[r.rngtypid, r.rngmultitypid])
cross join lateral (select r.rngtypid, r.rngsubtype) range (oid, subtype)
where BASE and t.oid operator(pg_catalog.<) 16384 and t.typrelid operator(pg_catalog.=) 0
union all
select 'm', k.castsource::pg_catalog.text, k.casttarget::pg_catalog.text, k.castfunc::pg_catalog.text, k.castcontext::pg_catalog.text,
  k.castmethod::pg_catalog.text, '', '', '', ''
from pg_catalog.pg_cast k
where BASE
