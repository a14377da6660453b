-- What a statement's names mean, and everything that those lead to. question.go says how the answer is read. Every name is
-- qualified, and no syntax is used that means an operator or a type by its bare name (IN, CASE x WHEN, LIKE, BETWEEN, ::text): the
-- search path of the session is not trusted. All is found through indexes, and few relations are named, since planning is most of
-- the cost. Object ids below 16384 are those of initdb.
with recursive
TOUCHING
-- The schemas of the search path.
path (place, nsp, name, temporary) as materialized (
  select s.place, n.oid, s.name, n.oid operator(pg_catalog.=) pg_catalog.pg_my_temp_schema()
  from pg_catalog.unnest(pg_catalog.current_schemas(true)) with ordinality s (name, place)
  cross join lateral (
    select pg_catalog.to_regnamespace(pg_catalog.quote_ident(s.name::pg_catalog.text))::pg_catalog.oid
  ) n (oid)
),
-- Whether PostgreSQL's own schema comes before all of the database's.
trusted (trusted) as materialized (
  select p.name operator(pg_catalog.=) 'pg_catalog' from path p where not p.temporary order by p.place limit 1
),
-- PostgreSQL's own operators by which operator classes of the database's own sort, hash or merge, or which have commutators or
-- negators of its own.
sorting (operators) as materialized (
  select coalesce(pg_catalog.array_agg(o.oid::pg_catalog.text), '{}')
  from (
    select m.amopopr from pg_catalog.pg_amop m
    where m.oid operator(pg_catalog.>=) 16384 and m.amopmethod operator(pg_catalog.=) any ('{403,405}'::pg_catalog.oid[])
  union all
    select pg_catalog.unnest(array[i.oprcom, i.oprnegate]) from pg_catalog.pg_operator i where i.oid operator(pg_catalog.>=) 16384
  ) o (oid)
  where o.oid operator(pg_catalog.<>) 0 and o.oid operator(pg_catalog.<) 16384
),
-- What is asked for: each of SEEDS has the letter of a class, a schema or nothing, and a name, both in hex. Behind a ~ it is the name
-- as the server folds it where it stands without quotes.
seed (number, class, nsp, name) as materialized (
  select s.number, s.part[1],
    case when s.part[2] operator(pg_catalog.=) '' then null
      when n.nsp operator(pg_catalog.=) 'pg_temp' then pg_catalog.pg_my_temp_schema()
      else coalesce(pg_catalog.to_regnamespace(pg_catalog.quote_ident(n.nsp))::pg_catalog.oid, 0)
    end,
    n.name::pg_catalog.name
  from (
    select s.number, pg_catalog.string_to_array(s.text, '.')
    from pg_catalog.unnest(SEEDS::pg_catalog.text[]) with ordinality s (text, number)
    offset 0
  ) s (number, part)
  cross join lateral (select WRITTEN(s.part[2]), WRITTEN(s.part[3]) offset 0) n (nsp, name)
),
-- Of relations and types, the first along the path is meant; of functions and operators, all that the schemas of the path have.
named (number, place, class, oid) as materialized (
  select m.number, m.place, m.class, m.oid
  from (
  select s.number, x.place, s.class, x.oid, pg_catalog.min(x.place) over (partition by s.number)
  from (
    select s.number, s.class, s.name, p.place, p.nsp, p.temporary from seed s join path p on s.nsp is null
  union all
    select s.number, s.class, s.name, 0, s.nsp, false from seed s where s.nsp is not null
  ) s
  cross join lateral (
    select s.place, c.oid from pg_catalog.pg_class c
    where s.class operator(pg_catalog.=) 'r' and c.relname operator(pg_catalog.=) s.name and c.relnamespace operator(pg_catalog.=) s.nsp
  union all
    select s.place, t.oid from pg_catalog.pg_type t
    where s.class operator(pg_catalog.=) 't' and t.typname operator(pg_catalog.=) s.name and t.typnamespace operator(pg_catalog.=) s.nsp
  union all
    -- The server looks for functions and operators in the temporary schema only where it is written.
    select s.place, f.oid from pg_catalog.pg_proc f
    where s.class operator(pg_catalog.=) 'f' and f.proname operator(pg_catalog.=) s.name and f.pronamespace operator(pg_catalog.=) s.nsp
      and not s.temporary
  union all
    select s.place, o.oid from pg_catalog.pg_operator o
    where s.class operator(pg_catalog.=) 'o' and o.oprname operator(pg_catalog.=) s.name and o.oprnamespace operator(pg_catalog.=) s.nsp
      and not s.temporary
  ) x (place, oid)
  ) m (number, place, class, oid, first)
  where m.place operator(pg_catalog.=) m.first or m.class operator(pg_catalog.=) any ('{f,o}'::pg_catalog.text[])
),
-- The objects: refs has those that one leads to, each the letter of a class and an object id, with spaces between.
object (class, oid, nsp, name, refs, detail, list, runs, more, body) as (
  select '!' COLLATED, 0::pg_catalog.oid, 0::pg_catalog.oid, ''::pg_catalog.name,
    pg_catalog.concat_ws(' ',
      (select pg_catalog.string_agg(n.class operator(pg_catalog.||) n.oid::pg_catalog.text, ' ') from named n), ALWAYS
    ) COLLATED,
    '' COLLATED, '' COLLATED, '' COLLATED, '' COLLATED, '' COLLATED
union
  select x.class COLLATED, x.oid, found.nsp, found.name,
    pg_catalog.concat_ws(' ', found.refs, expression.runs, expression.more) COLLATED,
    found.detail::pg_catalog.text COLLATED, coalesce(found.list::pg_catalog.text, '{}') COLLATED,
    coalesce(expression.runs, '') COLLATED, coalesce(expression.more, '') COLLATED, coalesce(found.body, '') COLLATED
  from (
    -- What PostgreSQL 13 has no column for is a constant of x, which a name without a table finds where the table lacks it.
    select distinct pg_catalog.translate(pg_catalog."left"(r.ref, 1), 'v', 't'), pg_catalog.substr(r.ref, 2)::pg_catalog.oid,
      null::pg_catalog.oid, 0::pg_catalog.oid, null::pg_catalog.text
    from object
    cross join lateral pg_catalog.unnest(pg_catalog.string_to_array(object.refs, ' ')) r (ref)
    where pg_catalog.substr(r.ref, 2) operator(pg_catalog.<>) all ('{"",0}'::pg_catalog.text[])
  ) x (class, oid, typsubscript, rngmultitypid, prosqlbody)
  cross join lateral (
    -- A relation (r); of ancestors (u, up) and descendants (d, down) of one only the name, that they are, the operator classes
    -- of their indexes and partition keys, and the columns of descendants that have their values from elsewhere are wanted.
    select c.relnamespace, c.relname,
      array[c.relkind::pg_catalog.text, c.reltype::pg_catalog.text, c.secured::pg_catalog.text,
        c.relowner::pg_catalog.text, c.forced::pg_catalog.text, c.reloftype::pg_catalog.text, coalesce(c.up, ''), coalesce(c.down, ''),
        coalesce(c.families, ''), coalesce(c.exempt, false)::pg_catalog.text, coalesce(c.roles, ''), coalesce(c.key, '{}'),
        coalesce(c.keytypes, ''), coalesce(c.options, '{}')],
      columns.list,
      pg_catalog.concat_ws(' ', c.up, c.down, c.families, c.keytypes, 't' operator(pg_catalog.||) c.reltype::pg_catalog.text, columns.types),
      pg_catalog.concat_ws(' ', c.rule, columns.virtual), c.policies, c.relkind operator(pg_catalog.=) 'm', c.policies
    from (
      select c.oid, c.relnamespace, c.relname, c.relkind,
        case when x.class operator(pg_catalog.=) 'r' then c.reltype else 0 end,
        c.relrowsecurity and pg_catalog.row_security_active(c.oid), c.relowner,
        -- In a view: whether it reads with the rights of the role that asks.
        c.relforcerowsecurity or coalesce(pg_catalog.array_to_string(c.reloptions, ' ')
          operator(pg_catalog.~*) 'security_invoker=(t|tr|tru|true|y|ye|yes|on|1)( |$)', false), c.reloftype,
        (select pg_catalog.string_agg('u' operator(pg_catalog.||) i.inhparent::pg_catalog.text, ' ')
          from pg_catalog.pg_inherits i
          where i.inhrelid operator(pg_catalog.=) c.oid and x.class operator(pg_catalog.<>) 'd'),
        (select pg_catalog.string_agg('d' operator(pg_catalog.||) i.inhrelid::pg_catalog.text, ' ')
          from pg_catalog.pg_inherits i
          where i.inhparent operator(pg_catalog.=) c.oid and x.class operator(pg_catalog.<>) 'u'),
        (select pg_catalog.string_agg(distinct 'm' operator(pg_catalog.||) k.opcfamily::pg_catalog.text, ' ')
          from (
            select pg_catalog.unnest(i.indclass::pg_catalog.oid[]) from pg_catalog.pg_index i
            where c.oid operator(pg_catalog.>=) 16384 and i.indrelid operator(pg_catalog.=) c.oid
          union all
            select pg_catalog.unnest(p.partclass::pg_catalog.oid[]) from pg_catalog.pg_partitioned_table p
            where c.relkind operator(pg_catalog.=) 'p' and p.partrelid operator(pg_catalog.=) c.oid
          offset 0
          ) i (class)
          join pg_catalog.pg_opclass k on k.oid operator(pg_catalog.=) i.class
          where i.class operator(pg_catalog.>=) 16384),
        (select o.rolsuper or o.rolbypassrls from pg_catalog.pg_roles o
          where c.relkind operator(pg_catalog.=) 'v' and o.oid operator(pg_catalog.=) c.relowner),
        (select pg_catalog.string_agg(o.oid::pg_catalog.text, ' ') from pg_catalog.pg_roles o
          where c.relkind operator(pg_catalog.=) 'v' and pg_catalog.pg_has_role(c.relowner, o.oid, 'USAGE')
            and exists (select from pg_catalog.pg_auth_members m where m.member operator(pg_catalog.=) c.relowner)),
        (select pg_catalog.array_agg(coalesce(a.attname, ''))::pg_catalog.text
          from pg_catalog.pg_partitioned_table p
          cross join lateral pg_catalog.unnest(p.partattrs::pg_catalog.int2[]) k (number)
          left join pg_catalog.pg_attribute a on a.attrelid operator(pg_catalog.=) c.oid and a.attnum operator(pg_catalog.=) k.number
          where c.relkind operator(pg_catalog.=) 'p' and p.partrelid operator(pg_catalog.=) c.oid),
        -- The types of the expressions in a partition key.
        (select pg_catalog.string_agg(distinct 't' operator(pg_catalog.||) m.match[1], ' ')
          from pg_catalog.pg_partitioned_table p
          cross join lateral pg_catalog.regexp_matches(p.partexprs::pg_catalog.text, ':[a-z_]*type(?:id)? ([1-9][0-9]{4,})', 'g') m (match)
          where c.relkind operator(pg_catalog.=) 'p' and p.partrelid operator(pg_catalog.=) c.oid),
        (select t.ftoptions::pg_catalog.text from pg_catalog.pg_foreign_table t
          where c.relkind operator(pg_catalog.=) 'f' and t.ftrelid operator(pg_catalog.=) c.oid),
        x.class operator(pg_catalog.=) 'r' or x.class operator(pg_catalog.=) 'd' and (c.relkind operator(pg_catalog.=) 'f' or exists (
          select from pg_catalog.pg_attrdef d
          join pg_catalog.pg_attribute a on a.attrelid operator(pg_catalog.=) d.adrelid and a.attnum operator(pg_catalog.=) d.adnum
          where d.adrelid operator(pg_catalog.=) c.oid and a.attgenerated operator(pg_catalog.<>) '')),
        (select r.ev_action::pg_catalog.text from pg_catalog.pg_rewrite r
          where x.class operator(pg_catalog.=) 'r' and c.oid operator(pg_catalog.>=) 16384
            and c.relkind operator(pg_catalog.=) any ('{v,m}'::pg_catalog."char"[])
            and r.ev_class operator(pg_catalog.=) c.oid and r.ev_type operator(pg_catalog.=) '1'),
        (select pg_catalog.array_agg(array[
            ('0' operator(pg_catalog.=) any (p.polroles) or exists (
              select from pg_catalog.unnest(p.polroles) o (oid) where pg_catalog.pg_has_role(o.oid, 'USAGE')))::pg_catalog.text,
            pg_catalog.array_to_string(p.polroles, ' '), p.polpermissive::pg_catalog.text, coalesce(p.polqual::pg_catalog.text, '')
          ])::pg_catalog.text
          from pg_catalog.pg_policy p
          where x.class operator(pg_catalog.=) 'r' and c.relrowsecurity and p.polrelid operator(pg_catalog.=) c.oid
            and p.polcmd operator(pg_catalog.=) any ('{r,*}'::pg_catalog."char"[]))
      from pg_catalog.pg_class c
      where x.class operator(pg_catalog.=) any ('{r,u,d}'::pg_catalog.text[]) and c.oid operator(pg_catalog.=) x.oid
      offset 0
    ) c (oid, relnamespace, relname, relkind, reltype, secured, relowner, forced, reloftype, up, down, families, exempt, roles, key,
      keytypes, options, own, rule, policies)
    cross join lateral (
      select
        pg_catalog.array_agg(array[a.attnum::pg_catalog.text, a.attname::pg_catalog.text, a.atttypid::pg_catalog.text,
          a.attgenerated::pg_catalog.text, coalesce(a.attfdwoptions::pg_catalog.text, '{}'), coalesce(d.adbin::pg_catalog.text, '')]),
        pg_catalog.string_agg(distinct 't' operator(pg_catalog.||) a.atttypid::pg_catalog.text, ' ')
          filter (where x.class operator(pg_catalog.=) 'r'),
        pg_catalog.string_agg(d.adbin::pg_catalog.text, ' ') filter (where a.attgenerated operator(pg_catalog.=) 'v')
      from pg_catalog.pg_attribute a
      left join pg_catalog.pg_attrdef d on a.attgenerated operator(pg_catalog.<>) ''
        and d.adrelid operator(pg_catalog.=) a.attrelid and d.adnum operator(pg_catalog.=) a.attnum
      where c.own and a.attrelid operator(pg_catalog.=) c.oid
        and a.attnum operator(pg_catalog.>) 0 and not a.attisdropped
    ) columns (list, types, virtual)
  union all
    -- A type that is not PostgreSQL's own, or the row type of a relation.
    select t.typnamespace, t.typname, TYPE, columns.list,
      pg_catalog.concat_ws(' ', t.parts, t.families, columns.types), t.checks, null, false, null
    from (
      select t.oid, t.typnamespace, t.typname, t.typtype, t.typcategory, t.typispreferred, t.typelem, t.typarray, t.typbasetype,
        t.typrelid, t.typinput, t.typoutput, t.typmodin,
        -- Without the column an array is told by its length, as in the question for PostgreSQL's own types.
        coalesce(typsubscript::pg_catalog.oid, case when t.typelem operator(pg_catalog.=) 0 then 0 when t.typlen operator(pg_catalog.=) -1 then 6179 else 6180 end),
        r.rngtypid, r.rngsubtype, r.rngcanonical, r.rngsubdiff,
        (select pg_catalog.string_agg(p.class operator(pg_catalog.||) p.oid::pg_catalog.text, ' ')
          from (values ('t', t.typelem), ('t', t.typbasetype), ('t', r.rngtypid), ('t', r.rngsubtype),
            ('f', t.typinput::pg_catalog.oid), ('f', t.typoutput::pg_catalog.oid), ('f', t.typmodin::pg_catalog.oid),
            ('f', coalesce(typsubscript::pg_catalog.oid, 0)), ('f', r.rngcanonical::pg_catalog.oid), ('f', r.rngsubdiff::pg_catalog.oid),
            -- Columns of a foreign table have other names elsewhere.
            ('r', (select c.oid from pg_catalog.pg_class c
              where c.oid operator(pg_catalog.=) t.typrelid and c.relkind operator(pg_catalog.=) 'f'))
          ) p (class, oid)
          where p.oid operator(pg_catalog.>=) 16384),
        (select pg_catalog.string_agg('m' operator(pg_catalog.||) k.opcfamily::pg_catalog.text, ' ')
          from pg_catalog.pg_opclass k
          where t.oid operator(pg_catalog.>=) 16384
            and (k.opcintype operator(pg_catalog.=) t.oid and k.opcdefault
                and k.opcmethod operator(pg_catalog.=) any ('{403,405}'::pg_catalog.oid[])
              or k.oid operator(pg_catalog.=) r.rngsubopc)),
        (select pg_catalog.string_agg(k.conbin::pg_catalog.text, ' ') from pg_catalog.pg_constraint k
          where t.typtype operator(pg_catalog.=) 'd' and k.contypid operator(pg_catalog.=) t.oid)
      from pg_catalog.pg_type t
      left join pg_catalog.pg_range r on t.typtype operator(pg_catalog.=) any ('{r,m}'::pg_catalog."char"[])
        and (r.rngtypid operator(pg_catalog.=) t.oid or rngmultitypid operator(pg_catalog.=) t.oid)
      where x.class operator(pg_catalog.=) 't' and t.oid operator(pg_catalog.=) x.oid
        and (t.oid operator(pg_catalog.>=) 16384 or t.typrelid operator(pg_catalog.<>) 0)
      offset 0
    ) t (oid, typnamespace, typname, typtype, typcategory, typispreferred, typelem, typarray, typbasetype,
      typrelid, typinput, typoutput, typmodin, typsubscript, rngtypid, rngsubtype, rngcanonical, rngsubdiff, parts, families, checks)
    cross join lateral (
      select
        pg_catalog.array_agg(array[a.attnum::pg_catalog.text, a.attname::pg_catalog.text, a.atttypid::pg_catalog.text]),
        pg_catalog.string_agg(distinct 't' operator(pg_catalog.||) a.atttypid::pg_catalog.text, ' ')
      from pg_catalog.pg_attribute a
      where t.typrelid operator(pg_catalog.<>) 0 and a.attrelid operator(pg_catalog.=) t.typrelid
        and a.attnum operator(pg_catalog.>) 0 and not a.attisdropped
    ) columns (list, types)
  union all
    -- A function; of one behind a cast (c) no type is followed but a domain that it returns.
    select f.pronamespace, f.proname,
      array[f.prokind::pg_catalog.text, f.provolatile::pg_catalog.text,
        (select l.lanname::pg_catalog.text from pg_catalog.pg_language l where l.oid operator(pg_catalog.=) f.prolang),
        f.proargtypes::pg_catalog.text, f.provariadic::pg_catalog.text, f.pronargdefaults::pg_catalog.text,
        f.prorettype::pg_catalog.text, f.proretset::pg_catalog.text, coalesce(f.proargmodes::pg_catalog.text, '{}'),
        coalesce(f.proallargtypes::pg_catalog.text, '{}'), coalesce(f.proargnames::pg_catalog.text, '{}'),
        coalesce(f.proconfig::pg_catalog.text, '{}'),
        -- Not in internal, C or SQL.
        (f.oid operator(pg_catalog.>=) 16384 and f.prolang operator(pg_catalog.<>) all ('{12,13,14}'::pg_catalog.oid[])
          and f.prosrc operator(pg_catalog.~*) '[[:<:]]execute[[:>:]]')::pg_catalog.text,
        (prosqlbody is not null)::pg_catalog.text,
        coalesce(prosqlbody::pg_catalog.text operator(pg_catalog.!~) ':commandType [^1]|[{]ROWMARKCLAUSE'
          and not f.prosecdef, false)::pg_catalog.text,
        coalesce(a.aggkind::pg_catalog.text, ''), coalesce(a.aggnumdirectargs::pg_catalog.text, '0'),
        coalesce(pg_catalog.array_to_string(a.parts, ' '), ''), coalesce(a.states, '')],
      case when f.oid operator(pg_catalog.>=) 16384 and f.pronargdefaults operator(pg_catalog.>) 1 then array[f.proargdefaults::pg_catalog.text] end,
      case when f.oid operator(pg_catalog.>=) 16384 then pg_catalog.concat_ws(' ',
        (select pg_catalog.string_agg(distinct 't' operator(pg_catalog.||) t.oid::pg_catalog.text, ' ')
          from pg_catalog.unnest(coalesce(f.proallargtypes, f.proargtypes::pg_catalog.oid[])
            operator(pg_catalog.||) f.prorettype operator(pg_catalog.||) f.provariadic) t (oid)
          where x.class operator(pg_catalog.=) 'f' or t.oid operator(pg_catalog.=) f.prorettype and exists (
            select from pg_catalog.pg_type d where d.oid operator(pg_catalog.=) t.oid and d.typtype operator(pg_catalog.=) 'd')),
        'f' operator(pg_catalog.||) pg_catalog.array_to_string(a.parts, ' f')
      ) end,
      case when f.oid operator(pg_catalog.>=) 16384 then prosqlbody::pg_catalog.text end,
      case when f.oid operator(pg_catalog.>=) 16384 then f.proargdefaults::pg_catalog.text end,
      false,
      case when f.oid operator(pg_catalog.>=) 16384 and f.prolang operator(pg_catalog.=) any ('{12,14}'::pg_catalog.oid[])
        and not f.prosecdef
        and pg_catalog.octet_length(coalesce(prosqlbody::pg_catalog.text, f.prosrc)) operator(pg_catalog.<=) DEFINITION
        then coalesce(prosqlbody::pg_catalog.text, f.prosrc) end
    from pg_catalog.pg_proc f
    left join lateral (
      select a.aggkind, a.aggnumdirectargs,
        array[a.aggtransfn::pg_catalog.oid, a.aggfinalfn::pg_catalog.oid, a.aggcombinefn::pg_catalog.oid, a.aggserialfn::pg_catalog.oid,
          a.aggdeserialfn::pg_catalog.oid, a.aggmtransfn::pg_catalog.oid, a.aggminvtransfn::pg_catalog.oid, a.aggmfinalfn::pg_catalog.oid],
        pg_catalog.concat_ws(' ', a.aggtranstype::pg_catalog.text, a.aggmtranstype::pg_catalog.text)
      from pg_catalog.pg_aggregate a
      where f.prokind operator(pg_catalog.=) 'a' and a.aggfnoid::pg_catalog.oid operator(pg_catalog.=) f.oid
    ) a (aggkind, aggnumdirectargs, parts, states) on true
    where x.class operator(pg_catalog.=) any ('{f,c}'::pg_catalog.text[]) and f.oid operator(pg_catalog.=) x.oid
  union all
    -- An operator.
    select o.oprnamespace, o.oprname,
      array[o.oprleft::pg_catalog.text, o.oprright::pg_catalog.text, o.oprresult::pg_catalog.text,
        o.oprcode::pg_catalog.oid::pg_catalog.text, o.oprcom::pg_catalog.text, o.oprnegate::pg_catalog.text, coalesce(o.families, '')],
      null,
      case when o.oid operator(pg_catalog.>=) 16384 then pg_catalog.concat_ws(' ',
        'f' operator(pg_catalog.||) o.oprcode::pg_catalog.oid::pg_catalog.text,
        't' operator(pg_catalog.||) o.oprleft::pg_catalog.text, 't' operator(pg_catalog.||) o.oprright::pg_catalog.text,
        't' operator(pg_catalog.||) o.oprresult::pg_catalog.text,
        'o' operator(pg_catalog.||) o.oprcom::pg_catalog.text, 'o' operator(pg_catalog.||) o.oprnegate::pg_catalog.text, o.families) end,
      null, null, false, null
    from (
      select o.oid, o.oprnamespace, o.oprname, o.oprleft, o.oprright, o.oprresult, o.oprcode, o.oprcom, o.oprnegate,
        (select pg_catalog.string_agg('m' operator(pg_catalog.||) m.amopfamily::pg_catalog.text, ' ') from pg_catalog.pg_amop m
          where o.oid operator(pg_catalog.>=) 16384 and m.amopopr operator(pg_catalog.=) o.oid
            and m.amopmethod operator(pg_catalog.=) any ('{403,405}'::pg_catalog.oid[]))
      from pg_catalog.pg_operator o
      where x.class operator(pg_catalog.=) 'o' and o.oid operator(pg_catalog.=) x.oid
      offset 0
    ) o (oid, oprnamespace, oprname, oprleft, oprright, oprresult, oprcode, oprcom, oprnegate, families)
  union all
    -- An operator family.
    select 0::pg_catalog.oid, ''::pg_catalog.name, array[coalesce(m.functions, ''), coalesce(m.operators, '')], null,
      pg_catalog.concat_ws(' ', m.functions, m.operators), null, null, false, null
    from (
      select
        (select pg_catalog.string_agg(distinct 'f' operator(pg_catalog.||) p.amproc::pg_catalog.oid::pg_catalog.text, ' ')
          from pg_catalog.pg_amproc p where p.amprocfamily operator(pg_catalog.=) x.oid),
        (select pg_catalog.string_agg('o' operator(pg_catalog.||) p.amopopr::pg_catalog.text, ' ')
          from pg_catalog.pg_amop p where p.amopfamily operator(pg_catalog.=) x.oid)
      where x.class operator(pg_catalog.=) 'm'
      offset 0
    ) m (functions, operators)
  ) found (nsp, name, detail, list, refs, tree, tree2, reads, body)
  cross join lateral (select EXPRESSION(found.tree), EXPRESSION(found.tree2) offset 0) expression (runs, more)
)
SESSION
union all
select 'n', n.number::pg_catalog.text, n.place::pg_catalog.text, n.class, n.oid::pg_catalog.text, '', '', '', '', ''
from named n
union all
select o.class, o.oid::pg_catalog.text, o.nsp::pg_catalog.regnamespace::pg_catalog.text, o.name::pg_catalog.text,
  coalesce((
    select e.extname::pg_catalog.text
    from pg_catalog.pg_depend d
    join pg_catalog.pg_extension e on e.oid operator(pg_catalog.=) d.refobjid
    where o.oid operator(pg_catalog.>=) 16384 and o.class operator(pg_catalog.<>) all ('{u,d,m}'::pg_catalog.text[])
      and d.classid operator(pg_catalog.=) case when o.class operator(pg_catalog.=) 'r' then 1259
        when o.class operator(pg_catalog.=) 't' then 1247 when o.class operator(pg_catalog.=) 'o' then 2617 else 1255 end::pg_catalog.oid
      and d.objid operator(pg_catalog.=) o.oid and d.objsubid operator(pg_catalog.=) 0 and d.deptype operator(pg_catalog.=) 'e'
  ), ''),
  o.detail, o.list, o.runs, o.more,
  -- pg_get_viewdef looks for operators in the search path of the session.
  case when o.class operator(pg_catalog.=) 'r' and (select t.trusted from trusted t) and o.oid operator(pg_catalog.>=) 16384
      and pg_catalog."left"(o.detail, 2) operator(pg_catalog.=) any ('{"{v","{m"}'::pg_catalog.text[])
    then (
      select case when pg_catalog.octet_length(v.text) operator(pg_catalog.<=) DEFINITION then v.text else '' end
      from (select pg_catalog.pg_get_viewdef(o.oid) offset 0) v (text)
    ) else o.body end
from object o
where o.class operator(pg_catalog.<>) '!'
