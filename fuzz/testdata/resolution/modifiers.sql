-- A type whose modifiers a function of the database's own reads.
create function public.ran(what text) returns bool volatile language plpgsql as $$ begin raise notice 'ran: %', what; return true; end $$;
create function public.tmin(cstring[]) returns int volatile language plpgsql as $$ begin perform public.ran('tmin'); return 1; end $$;
create type public.vt;
create function public.vt_in(cstring, oid, int) returns public.vt language internal immutable strict as 'varcharin';
create function public.vt_out(public.vt) returns cstring language internal immutable strict as 'varcharout';
create type public.vt (input = public.vt_in, output = public.vt_out, typmod_in = public.tmin, like = varchar);
create table public.vts (v public.vt, t text);
insert into public.vts values ('a', 'public.vt(3)');
