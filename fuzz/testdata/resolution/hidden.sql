-- Conversions that neither the text nor the server's tree shows.
create function public.ran(what text) returns bool volatile language plpgsql as $$ begin raise notice 'ran: %', what; return true; end $$;
-- A cast to text without a label, and one with.
create type public.grade as enum ('a', 'b', 'c');
create function public.grade_text(public.grade) returns text volatile language plpgsql as $$ begin perform public.ran('grade_text'); return 'x'; end $$;
create cast (public.grade as text) with function public.grade_text(public.grade) as assignment;
create function public.grade_path(public.grade) returns jsonpath volatile language plpgsql as $$ begin perform public.ran('grade_path'); return '$'; end $$;
create cast (public.grade as jsonpath) with function public.grade_path(public.grade) as implicit;
create type public.tier as enum ('a', 'b', 'c');
create function public.tier_text(public.tier) returns text immutable language plpgsql as $$ begin return 'x'; end $$;
create cast (public.tier as text) with function public.tier_text(public.tier) as assignment;
create type public.plain as enum ('a', 'b', 'c');
create domain public.grade_domain as public.grade;
create table public.graded (g public.grade, d public.grade_domain, t public.tier, p public.plain, gs public.grade[], s text);
insert into public.graded values ('a', 'b', 'a', 'a', '{a}', 's');
create view public.quoted as select quote_literal(g) from public.graded;
create view public.joined as select 'x'::text || g as c from public.graded;
create view public.joined_domain as select d || 'x'::text as c from public.graded;
create view public.quoted_tier as select quote_literal(t) as q, 'x'::text || t as c from public.graded;
create view public.passed_on as select g, s || 'x' as s, quote_literal(s) as q from public.graded;
create function public.quotes(anyelement) returns text language sql as 'select quote_literal($1)';
create function public.joins(anycompatible, anycompatible) returns text language sql as $$ select 'a' || $1 $$;
create operator public.||| (leftarg = text, rightarg = anynonarray, function = textanycat);
create aggregate public.joined_up(anynonarray) (sfunc = textanycat, stype = text, initcond = '');
create domain public.quotable as public.grade check (quote_literal(value) <> '');
-- Types of numbers and of strings with casts of their own.
create type public.number;
create function public.number_in(cstring) returns public.number language internal immutable strict as 'int4in';
create function public.number_out(public.number) returns cstring language internal immutable strict as 'int4out';
create type public.number (input = public.number_in, output = public.number_out, like = int4, category = 'N');
create function public.number_int(public.number) returns int volatile language plpgsql as $$ begin perform public.ran('number_int'); return 1; end $$;
create cast (public.number as int) with function public.number_int(public.number) as implicit;
create type public.figure;
create function public.figure_in(cstring) returns public.figure language internal immutable strict as 'int4in';
create function public.figure_out(public.figure) returns cstring language internal immutable strict as 'int4out';
create type public.figure (input = public.figure_in, output = public.figure_out, like = int4, category = 'N');
create function public.figure_int(public.figure) returns int immutable language plpgsql as $$ begin return 1; end $$;
create cast (public.figure as int) with function public.figure_int(public.figure) as implicit;
create table public.numbers (i public.number, f public.figure, n int, at timestamp);
insert into public.numbers values ('1', '1', 1, now()), ('2', '2', 2, now());
create type public.words;
create function public.words_in(cstring) returns public.words language internal immutable strict as 'textin';
create function public.words_out(public.words) returns cstring language internal immutable strict as 'textout';
create type public.words (input = public.words_in, output = public.words_out, like = text, category = 'S');
create function public.words_text(public.words) returns text volatile language plpgsql as $$ begin perform public.ran('words_text'); return '1'; end $$;
create cast (public.words as text) with function public.words_text(public.words) as implicit;
create table public.said (w public.words, s text, j jsonb);
insert into public.said values ('1', '1', '1');
-- A row type with a domain that checks its values.
create domain public.checked as int check (value is null or public.ran('checked'));
create type public.row_of_checked as (a int, b public.checked);
create type public.row_of_plain as (a int, b int);
create type public.speller as enum ('a', 'b');
create function public.speller_text(public.speller) returns text immutable language plpgsql as $$ begin return 'vt(3)'; end $$;
create cast (public.speller as text) with function public.speller_text(public.speller);
-- A type whose modifiers a function of the database's own reads, and a function that takes it.
create function public.reads_modifiers(cstring[]) returns int volatile language plpgsql as $$ begin perform public.ran('reads_modifiers'); return 1; end $$;
create type public.vt;
create function public.vt_in(cstring, oid, int) returns public.vt language internal immutable strict as 'varcharin';
create function public.vt_out(public.vt) returns cstring language internal immutable strict as 'varcharout';
create type public.vt (input = public.vt_in, output = public.vt_out, typmod_in = public.reads_modifiers, like = varchar);
create function public.takes_vt(public.vt) returns int immutable language sql as 'select 1';
create function public.takes_vt(numeric, int) returns int immutable language sql as 'select 1';
create function public.vt_eq(public.vt, int) returns bool immutable language sql as 'select true';
create operator public.=== (leftarg = public.vt, rightarg = int, function = public.vt_eq);
create function public."numeric"(public.vt) returns int immutable language sql as 'select 1';
create table public.names (t text, tt text[]);
insert into public.names values ('takes_vt(vt(3))', '{takes_vt(vt(3))}');
create view public.named_function as select t::regprocedure from public.names;
create view public.named_functions as select tt::regprocedure[] from public.names;
create view public.found_function as select to_regprocedure(t) from public.names;
create view public.constant_function as select 'takes_vt(vt)'::regprocedure as r, oid::regprocedure as o from pg_proc limit 1;
create view public.of_an_oid as select prorettype::regtype as r, array[oid]::regprocedure[] as o from pg_proc limit 1;
-- A table partitioned by a hash.
create table public.hashed (a int) partition by hash (a);
create table public.hashed_one partition of public.hashed for values with (modulus 1, remainder 0);
do $$ begin
  if current_setting('server_version_num')::int >= 170000 then
    create view public.readable as select jsonb_populate_record_valid(null::public.row_of_checked, j) from public.said;
  end if;
end $$;
