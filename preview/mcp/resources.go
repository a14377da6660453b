package mcp

import (
	"context"
	"net/url"
	"strings"

	sdk "github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/op-data/sqlpreview/preview"
	"github.com/op-data/sqlpreview/preview/reason"
)

const (
	resourcePrefix = "sqlpreview://connections/"
	resourceSuffix = "/schema"
	resourceType   = "text/plain"
)

// addResources adds the tables of each connection as a resource. Connections come
// and go, so the list of resources is made when it is asked for.
func (s *Server) addResources(server *sdk.Server, within contextOf) {
	server.AddResourceTemplate(&sdk.ResourceTemplate{
		Name: "schema", Title: "Tables of a connection", MIMEType: resourceType,
		Description: "The tables that a preview of the connection may read, with their columns: the first page.",
		URITemplate: resourcePrefix + "{id}" + resourceSuffix,
	}, func(ctx context.Context, request *sdk.ReadResourceRequest) (*sdk.ReadResourceResult, error) {
		ctx, done := within(ctx, request.Extra)
		defer done()
		return s.readSchema(ctx, request.Params.URI)
	})
	server.AddReceivingMiddleware(func(next sdk.MethodHandler) sdk.MethodHandler {
		return func(ctx context.Context, method string, request sdk.Request) (sdk.Result, error) {
			if list, ok := request.(*sdk.ListResourcesRequest); ok && method == "resources/list" {
				ctx, done := within(ctx, list.Extra)
				defer done()
				return s.listResources(ctx, list), nil
			}
			return next(ctx, method, request)
		}
	})
}

func (s *Server) listResources(ctx context.Context, request *sdk.ListResourcesRequest) *sdk.ListResourcesResult {
	var ask preview.ConnectionsRequest
	if request.Params != nil {
		ask.PageToken = request.Params.Cursor
	}
	page, err := s.core.ListConnections(ctx, ask)
	if err != nil {
		page = &preview.ConnectionPage{} // where connections cannot be listed, the template still works
	}
	result := &sdk.ListResourcesResult{
		Resources: []*sdk.Resource{}, NextCursor: page.NextPageToken, Cacheable: sdk.Cacheable{CacheScope: private},
	}
	for _, c := range page.Connections {
		result.Resources = append(result.Resources, &sdk.Resource{
			URI: resourcePrefix + url.PathEscape(c.ID) + resourceSuffix, Name: c.Label, MIMEType: resourceType,
			Description: "The tables of this connection, with their columns: the first page.",
		})
	}
	return result
}

func (s *Server) readSchema(ctx context.Context, uri string) (*sdk.ReadResourceResult, error) {
	escaped := strings.TrimSuffix(strings.TrimPrefix(uri, resourcePrefix), resourceSuffix)
	id, err := url.PathUnescape(escaped)
	if err != nil || id == "" {
		return nil, sdk.ResourceNotFoundError(uri)
	}
	page, err := s.core.ListTables(ctx, preview.TablesRequest{ConnectionID: id, Columns: true})
	if err != nil {
		if preview.ReasonOf(err) == reason.ConnectionNotFound {
			return nil, sdk.ResourceNotFoundError(uri)
		}
		return nil, err // an *preview.Error, whose text holds no value
	}
	return &sdk.ReadResourceResult{Contents: []*sdk.ResourceContents{{
		URI: uri, MIMEType: resourceType, Text: tablesText(page, true),
	}}}, nil
}
