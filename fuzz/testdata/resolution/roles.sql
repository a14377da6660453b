-- Row-level security by the roles that policies are for.
create function row_ran(what text) returns bool volatile language plpgsql as $$ begin raise notice 'ran: %', what; return true; end $$;
do $$ declare r text; begin
  foreach r in array '{policy_reader,policy_group,policy_outer_group,policy_other,policy_keeper,policy_member,policy_bypass}'::text[] loop
    if not exists (select from pg_roles where rolname = r) then execute format('create role %I login', r); end if;
  end loop;
end $$;
alter role policy_bypass bypassrls;
grant policy_outer_group to policy_group;
grant policy_group to policy_reader;
grant policy_keeper to policy_member;

create table others_only (id int);
create policy loud on others_only for select to policy_other using (row_ran('others_only'));
create policy calm on others_only for select using (id > 0);
create table group_only (id int);
create policy loud on group_only for select to policy_group using (row_ran('group_only'));
create table outer_group_only (id int);
create policy loud on outer_group_only for select to policy_outer_group, policy_other using (row_ran('outer_group_only'));
create table everyone (id int);
create policy loud on everyone for select using (row_ran('everyone'));
create table updates_only (id int);
create policy loud on updates_only for update using (row_ran('updates_only'));
create policy calm on updates_only for select using (true);
create table narrowed (id int);
create policy loud on narrowed as restrictive for select to policy_reader using (row_ran('narrowed'));
create policy calm on narrowed for select using (true);
create table only_narrowed (id int);
create policy loud on only_narrowed as restrictive for select using (row_ran('only_narrowed'));
create table others_restrict (id int);
create policy loud on others_restrict as restrictive to policy_other using (row_ran('others_restrict'));
create policy calm on others_restrict for select using (true);
create table looks_up (id int);
create policy looks on looks_up for select using (exists (select from everyone e where e.id = looks_up.id));
create table looks_up_other (id int);
create policy looks on looks_up_other for select to policy_other using (exists (select from everyone e where e.id = looks_up_other.id));
create policy calm on looks_up_other for select to policy_reader using (true);
create table switched_off (id int);
create policy loud on switched_off for select using (row_ran('switched_off'));
create table kept (id int);
create policy loud on kept for select using (row_ran('kept'));
create table kept_forced (id int);
create policy loud on kept_forced for select using (row_ran('kept_forced'));

do $$ declare r text; begin
  for r in select relname from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r' loop
    execute format('insert into %I values (1); grant select on %1$I to public', r);
    if r <> 'switched_off' then execute format('alter table %I enable row level security', r); end if;
  end loop;
end $$;
alter table kept_forced force row level security;
alter table kept owner to policy_keeper;
alter table kept_forced owner to policy_keeper;

create view others_by_other as select id from others_only;
create view others_by_reader as select id from others_only;
create view group_by_reader as select id from group_only;
create view group_by_other as select id from group_only;
create view kept_by_keeper as select id from kept;
create view kept_by_member as select id from kept;
create view kept_by_other as select id from kept;
create view forced_by_member as select id from kept_forced;
create view looks_by_bypass as select id from looks_up;
create view looks_by_other as select id from looks_up_other;
create view looks_by_reader as select id from looks_up_other;
create view two_ways as select id from kept_by_keeper union all select id from kept_by_other;
create view by_keeper_alone as select id from kept_by_keeper union all select id from kept_by_member;
do $$ declare v text; begin
  for v in select relname from pg_class where relnamespace = 'public'::regnamespace and relkind = 'v' loop
    execute format('grant select on %I to public', v);
  end loop;
end $$;
alter view others_by_other owner to policy_other;
alter view others_by_reader owner to policy_reader;
alter view group_by_reader owner to policy_reader;
alter view group_by_other owner to policy_other;
alter view kept_by_keeper owner to policy_keeper;
alter view kept_by_member owner to policy_member;
alter view kept_by_other owner to policy_other;
alter view forced_by_member owner to policy_member;
alter view looks_by_bypass owner to policy_bypass;
alter view looks_by_other owner to policy_other;
alter view looks_by_reader owner to policy_reader;
alter view two_ways owner to policy_other;
alter view by_keeper_alone owner to policy_other;
create table everything (id int);
insert into everything values (1);
create view for_invoker as select id from kept;
do $$ begin
  if current_setting('server_version_num')::int >= 150000 then execute 'alter view for_invoker set (security_invoker)'; end if;
end $$;
create view through_invoker as select id from for_invoker;
grant select on for_invoker, through_invoker to public;
