-- A table with a column that is masked by its name, one without, and what leads
-- from the one to the other.
create table account (id int, name text, password text, tags text[]);
insert into account values (1, 'ann', 'hunter-one', '{a}'), (2, 'bob', 'hunter-two', '{b}');
create table visit (id int, account int, note text);
insert into visit values (1, 1, 'first'), (2, 2, 'second');
create table child_account (extra text) inherits (account);
insert into child_account values (3, 'cyd', 'hunter-three', '{}', 'e');
create table derived (id int, password text, copy text generated always as (password || '!') stored);
insert into derived (id, password) values (1, 'hunter-four');
create view renamed as select id, password as p, name from account;
create view counted as select count(password) as n, max(name) as last from account;
create view renamed_twice as select p as q, id from renamed;
create materialized view stored as select id, password as kept, name from account;
create materialized view stored_twice as select p as kept, name from renamed;
