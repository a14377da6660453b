-- The shop's role has no password of its own: pgtest's clusters let it in on a socket.
alter role preview password 'preview';
