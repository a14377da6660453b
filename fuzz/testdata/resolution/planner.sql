-- Operators that stand for others: the planner uses a negator for NOT, a commutator
-- where the operands are exchanged, and both where it compares statistics.
create function public.ran(what text) returns bool volatile language plpgsql as
  $$ begin raise notice 'ran: %', what; return true; end $$;
create function public.calm_is(int, int) returns bool immutable language plpgsql as $$ begin return $1 = $2; end $$;
create function public.loud_is(int, int) returns bool volatile language plpgsql as $$ begin perform public.ran('loud_is'); return $1 = $2; end $$;
create function public.loud_on_text(int, text) returns bool volatile language plpgsql as $$ begin perform public.ran('loud_on_text'); return false; end $$;
create function public.calm_on_text(text, int) returns bool immutable language plpgsql as $$ begin return false; end $$;
create function public.loud_covers(anyarray, anyarray) returns bool volatile language plpgsql as $$ begin perform public.ran('loud_covers'); return false; end $$;
create operator public.<~> (leftarg = int, rightarg = int, function = public.calm_is);
create operator public.!<~> (leftarg = int, rightarg = int, function = public.loud_is, negator = operator(public.<~>));
create operator public.~~# (leftarg = text, rightarg = int, function = public.calm_on_text);
create operator public.~~# (leftarg = int, rightarg = text, function = public.loud_on_text, commutator = operator(public.~~#));
create operator public.<+> (leftarg = int, rightarg = int, function = public.calm_is);
create operator public.+<> (leftarg = int, rightarg = int, function = public.calm_is, commutator = operator(public.<+>));
create operator public.+!> (leftarg = int, rightarg = int, function = public.loud_is, negator = operator(public.+<>));
create operator public.<=#=> (leftarg = int, rightarg = int, function = public.calm_is);
create operator public.!=#=> (leftarg = int, rightarg = int, function = public.calm_is, negator = operator(public.<=#=>));
create operator public.!@> (leftarg = anyarray, rightarg = anyarray, function = public.loud_covers, negator = operator(pg_catalog.@>));
create function public.loud_hash(int) returns int volatile language plpgsql as $$ begin perform public.ran('loud_hash'); return $1; end $$;
create operator public.=?= (leftarg = int, rightarg = int, function = int4eq, commutator = operator(public.=?=), hashes);
create operator public.<?> (leftarg = int, rightarg = int, function = int4ne, negator = operator(public.=?=));
create operator class public.loud_hashing for type int using hash as operator 1 public.=?=, function 1 public.loud_hash(int);
create table public.lists (a int, b text, many int[]);
insert into public.lists values (1, '1', '{1}'), (2, '2', '{2}');
create view public.lists_not as select a from public.lists where not (a <~> 1);
create view public.lists_covering as select a from public.lists where not (many @> '{1}');
create view public.lists_calm as select a from public.lists where not (many <@ '{1}') and not (a = 3);
