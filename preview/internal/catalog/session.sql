select 's', pg_catalog.current_setting('server_version_num'), current_user::pg_catalog.text,
  pg_catalog.getdatabaseencoding()::pg_catalog.text, '', pg_catalog.current_schemas(true)::pg_catalog.text, '', '', '', ''
