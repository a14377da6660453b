package worker

import (
	"errors"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"slices"
	"strings"

	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/converter"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	"github.com/op-data/sqlpreview/preview/internal/connlimit"
	"github.com/op-data/sqlpreview/preview/internal/filecache"
)

const (
	// maxCodecBody bounds a request to the codec endpoint: a page of a history, as
	// JSON.
	maxCodecBody = 16 << 20
	// maxCodecPayloads bounds the payloads of a request.
	maxCodecPayloads = 1000
	// maxCodecStructure bounds the braces, brackets, colons and commas of a request, so
	// that what is made of it stays near its size: a payload of Temporal's has some 20.
	maxCodecStructure = 64 * maxCodecPayloads
	// codecInFlight bounds the requests at a time, and with them the memory.
	codecInFlight = 4
	// minTokenBytes refuses a token that could be guessed.
	minTokenBytes = 16
)

// CodecHandlerConfig configures the codec endpoint.
type CodecHandlerConfig struct {
	// Codec decrypts.
	Codec *Codec
	// TokenFile holds the bearer tokens of those who may read, one a line, each of 16
	// bytes or more. It is read again when it changes; while it cannot be read, everybody
	// is refused.
	TokenFile string
	// Origins are the pages that browsers may call from, such as
	// "https://temporal.example.com". Default: none.
	Origins []string
	// Log gets one line a request, and one when the changed token file cannot be used.
	// Default: nothing is logged.
	Log *slog.Logger
}

// CodecHandler returns Temporal's remote codec for its page and its command line:
// POST /decode. Readers may read and not write, so there is no /encode: whoever has
// the keys and not only a token can make inputs.
//
// Decrypted messages are handed out as JSON. What is not encrypted, or does not
// decrypt, is handed back as it came, so that the rest of a history can be read.
func CodecHandler(config CodecHandlerConfig) (http.Handler, error) {
	readers := &filecache.Cache[[]readerToken]{Paths: []string{config.TokenFile}, Load: func() ([]readerToken, error) {
		return readReaderTokens(config.TokenFile)
	}}
	if _, err := readers.Get(); err != nil {
		return nil, err
	}
	for _, origin := range config.Origins {
		if !strings.HasPrefix(origin, "https://") && !strings.HasPrefix(origin, "http://") || strings.HasSuffix(origin, "/") || strings.Contains(origin, "*") {
			return nil, errors.New("worker: an origin is a scheme and a host, such as https://temporal.example.com, without a slash at the end")
		}
	}
	if config.Log == nil {
		config.Log = slog.New(slog.DiscardHandler)
	}
	readers.OnError = func(why error) {
		config.Log.Warn("the token file cannot be used any more, and everybody is refused", "why", why.Error())
	}
	h := &codecHandler{config: config, readers: readers, free: make(chan struct{}, codecInFlight)}
	mux := http.NewServeMux()
	mux.HandleFunc("OPTIONS /decode", h.preflight)
	mux.HandleFunc("POST /decode", h.decode)
	return mux, nil
}

type codecHandler struct {
	config  CodecHandlerConfig
	readers *filecache.Cache[[]readerToken]
	free    chan struct{}
}

// allowOrigin names the caller's page as one that may read the answer, if it is.
func (h *codecHandler) allowOrigin(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Vary", "Origin")
	if origin := r.Header.Get("Origin"); slices.Contains(h.config.Origins, origin) {
		w.Header().Set("Access-Control-Allow-Origin", origin)
		w.Header().Set("Access-Control-Allow-Credentials", "true")
	}
}

func (h *codecHandler) preflight(w http.ResponseWriter, r *http.Request) {
	h.allowOrigin(w, r)
	w.Header().Set("Access-Control-Allow-Methods", "POST")
	w.Header().Set("Access-Control-Allow-Headers", "Authorization, Content-Type, X-Namespace")
	w.Header().Set("Access-Control-Max-Age", "600")
	w.WriteHeader(http.StatusNoContent)
}

func (h *codecHandler) decode(w http.ResponseWriter, r *http.Request) {
	h.allowOrigin(w, r)
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	if origin := r.Header.Get("Origin"); origin != "" && !slices.Contains(h.config.Origins, origin) {
		h.refuse(w, http.StatusForbidden, "this page may not call; its origin is not in the list")
		return
	}
	reader, err := h.authorize(r)
	if err != nil {
		w.Header().Set("WWW-Authenticate", "Bearer")
		h.refuse(w, http.StatusUnauthorized, err.Error())
		return
	}
	connlimit.LetIn(w, r, reader)
	if namespace := r.Header.Get("X-Namespace"); namespace != "" && namespace != h.config.Codec.namespace {
		h.refuse(w, http.StatusBadRequest, "this codec is of another namespace")
		return
	}
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		h.refuse(w, http.StatusUnsupportedMediaType, "the content type is not application/json")
		return
	}
	select {
	case h.free <- struct{}{}:
		defer func() { <-h.free }()
	default:
		w.Header().Set("Retry-After", "1")
		h.refuse(w, http.StatusServiceUnavailable, "too many requests at a time")
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxCodecBody))
	if err != nil {
		h.refuse(w, http.StatusRequestEntityTooLarge, "the body cannot be read, or is larger than 16 MiB")
		return
	}
	var payloads commonpb.Payloads
	if countStructure(body) > maxCodecStructure || protojson.Unmarshal(body, &payloads) != nil || len(payloads.GetPayloads()) > maxCodecPayloads {
		h.refuse(w, http.StatusBadRequest, "the body is not a list of at most 1000 payloads, as Temporal's remote codec sends it")
		return
	}
	decrypted := h.config.Codec.reveal(&payloads)
	answer, err := protojson.Marshal(&payloads)
	if err != nil {
		h.refuse(w, http.StatusInternalServerError, "the payloads cannot be written as JSON")
		return
	}
	h.config.Log.Info("decoded", "payloads", len(payloads.GetPayloads()), "decrypted", decrypted)
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(answer)
}

func (h *codecHandler) refuse(w http.ResponseWriter, status int, why string) {
	h.config.Log.Warn("not decoded", "status", status, "why", why)
	http.Error(w, why, status)
}

// countStructure counts the braces, brackets, colons and commas of JSON outside of its
// strings.
func countStructure(text []byte) (n int) {
	inString, escaped := false, false
	for _, c := range text {
		switch {
		case escaped:
			escaped = false
		case c == '"':
			inString = !inString
		case inString:
			escaped = c == '\\'
		case c == '{' || c == '[' || c == ':' || c == ',':
			n++
		}
	}
	return n
}

// reveal decrypts those of the payloads that it can, and tells how many.
func (c *Codec) reveal(payloads *commonpb.Payloads) (decrypted int) {
	for i, payload := range payloads.GetPayloads() {
		if inner, _, err := c.open(c.keys.ring(), payload); err == nil {
			payloads.Payloads[i] = readable(inner)
			decrypted++
		}
	}
	return decrypted
}

// readable is a message as JSON, and anything else as it is. The message's type is
// looked up among ours.
func readable(payload *commonpb.Payload) *commonpb.Payload {
	name := protoreflect.FullName(payload.GetMetadata()[converter.MetadataMessageType])
	kind, err := protoregistry.GlobalTypes.FindMessageByName(name)
	if string(payload.GetMetadata()[converter.MetadataEncoding]) != converter.MetadataEncodingProto || err != nil || !strings.HasPrefix(string(name), "opdata.preview.") {
		return payload
	}
	message := kind.New().Interface()
	if proto.Unmarshal(payload.GetData(), message) != nil {
		return payload
	}
	text, err := protojson.Marshal(message)
	if err != nil {
		return payload
	}
	return &commonpb.Payload{
		Metadata: map[string][]byte{
			converter.MetadataEncoding: []byte(converter.MetadataEncodingProtoJSON), converter.MetadataMessageType: []byte(name),
		},
		Data: text,
	}
}
