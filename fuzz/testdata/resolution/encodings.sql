create function "ééééééééééééééééééééééééééééééééééééééé1"() returns int immutable language plpgsql as $$ begin return 1; end $$;
create function "ééééééééééééééééééééééééééééééééééééééé2"() returns int volatile language plpgsql as $$ begin return 1; end $$;
create domain "ééééééééééééééééééééééééééééééééééééééé3" as text check ("ééééééééééééééééééééééééééééééééééééééé2"() = 1);
create table "ééééééééééééééééééééééééééééééééééééééé4" (id int, "ééééééééééééééééééééééééééééééééééééééé5" text);
create function "éclair"() returns int volatile language plpgsql as $$ begin return 1; end $$;
create function "tarte"() returns int immutable language plpgsql as $$ begin return 1; end $$;
