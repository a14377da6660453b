-- The database of the cases under "@target yes".
create table customers (id int, name varchar);
create function log_access(int) returns int language sql as 'select 1';
create function lower(varchar) returns text language sql as 'select ''x''::text';
create function touch(customers) returns int language sql as 'select 1';
create function sum_step(int, int) returns int language sql as 'select 1';
create aggregate sum_logged(int) (sfunc = sum_step, stype = int);
create function compare_logged(int, int) returns bool language sql as 'select true';
create operator @@@ (leftarg = int, rightarg = int, function = compare_logged);
create function check_logged(int) returns bool language sql as 'select true';
create domain checked as int check (check_logged(value));
create type holder as (a checked);
create function to_customers(int) returns customers language sql as 'select null::customers';
create cast (int as customers) with function to_customers(int);
create type odd as (a int);
create function odd_text(odd) returns text language sql as 'select ''x''::text';
create cast (odd as text) with function odd_text(odd) as implicit;
create table eager (o odd);
