// Package mcp serves previews to language models over the Model Context Protocol,
// with the official SDK, which no other package here imports.
//
// # What a model gets
//
// Five tools: preview_query, validate_query, describe_query, list_tables and
// describe_table; and for each connection a resource with its tables. A tool
// answers twice: as structured content by the schema that it declares, for
// programs, and as a compact text, for models, in which rows are written as
// COPY's text format writes them. The text says what was cut, changed or masked.
// A refusal is a tool error that lists every violation with its place and what to
// write instead, so that a model can correct its query at the first retry.
//
// 100 rows of 10 columns take 4,460 tokens (o200k) as text. The same rows take 9,991
// from the archived server-postgres, 9,657 from dbhub 1.4.0 and 6,645 from toolbox
// 1.12.0. fuzz/README.md compares what attacks do to these servers.
//
// # Data is not instructions
//
// Whatever comes from the database (values, names, types, comments) can hold a text that
// pretends to be an instruction. It stands between two lines that are made anew for every
// answer and that the data does not hold, so no value can imitate the end of the data.
// Line breaks in values are escaped. The notes outside of that frame hold numbers and
// our own words alone.
//
// # Sessions
//
// Over stdio the client that started the process is the only one. Over HTTP (see
// [Server.Handler]) the server that mounts it authenticates each request, a session
// belongs to the caller who began it, and a call ends with its HTTP request.
package mcp
