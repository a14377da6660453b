package worker

import (
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"os"
	"slices"
	"strings"

	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/converter"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	"github.com/op-data/sqlpreview/preview/internal/syserr"
)

const (
	// maxCodecBody bounds a request to the codec endpoint: a page of a history, as
	// JSON.
	maxCodecBody = 16 << 20
	// maxCodecPayloads bounds the payloads of a request.
	maxCodecPayloads = 1000
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
	// bytes or more. It is read at every request; while it cannot be read, everybody
	// is refused.
	TokenFile string
	// Origins are the pages that browsers may call from, such as
	// "https://temporal.example.com". Default: none.
	Origins []string
	// Log gets one line a request. Default: nothing is logged.
	Log *slog.Logger
}

// CodecHandler returns Temporal's remote codec for its page and its command line:
// POST /decode. Readers may read and not write, so there is no /encode: whoever has
// the keys and not only a token can make inputs.
//
// Decrypted messages are handed out as JSON. What is not encrypted, or does not
// decrypt, is handed back as it came, so that the rest of a history can be read.
func CodecHandler(config CodecHandlerConfig) (http.Handler, error) {
	if _, err := readerTokens(config.TokenFile); err != nil {
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
	h := &codecHandler{config: config, free: make(chan struct{}, codecInFlight)}
	mux := http.NewServeMux()
	mux.HandleFunc("OPTIONS /decode", h.preflight)
	mux.HandleFunc("POST /decode", h.decode)
	return mux, nil
}

type codecHandler struct {
	config CodecHandlerConfig
	free   chan struct{}
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
	if err := h.authorize(r); err != nil {
		w.Header().Set("WWW-Authenticate", "Bearer")
		h.refuse(w, http.StatusUnauthorized, err.Error())
		return
	}
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
	if protojson.Unmarshal(body, &payloads) != nil || len(payloads.GetPayloads()) > maxCodecPayloads {
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

// authorize returns why the caller may not read, nil if it may.
func (h *codecHandler) authorize(r *http.Request) error {
	tokens, err := readerTokens(h.config.TokenFile)
	if err != nil {
		return errors.New("the tokens cannot be read now; see the log at the start, or the file")
	}
	headers := r.Header.Values("Authorization")
	if len(headers) != 1 {
		return errors.New("send one Authorization header: Bearer and the token")
	}
	scheme, given, _ := strings.Cut(headers[0], " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return errors.New("send one Authorization header: Bearer and the token")
	}
	digest := sha256.Sum256([]byte(given))
	known := 0
	for _, token := range tokens {
		known |= subtle.ConstantTimeCompare(digest[:], token[:])
	}
	if known != 1 {
		return errors.New("the bearer token is not known")
	}
	return nil
}

// readerTokens returns the digests of the tokens in a file.
func readerTokens(path string) (tokens [][sha256.Size]byte, _ error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, errors.New("the token file cannot be read: " + syserr.Cause(err).Error())
	}
	if !info.Mode().IsRegular() || info.Size() > maxSecretFile {
		return nil, errors.New("the token file is not a regular file of at most 64 KiB")
	}
	content, err := os.ReadFile(path) //nolint:gosec // the operator names the file
	if err != nil {
		return nil, errors.New("the token file cannot be read: " + syserr.Cause(err).Error())
	}
	for token := range strings.FieldsSeq(string(content)) {
		if len(token) < minTokenBytes {
			return nil, errors.New("a token in the token file is shorter than 16 bytes")
		}
		tokens = append(tokens, sha256.Sum256([]byte(token)))
	}
	if len(tokens) == 0 {
		return nil, errors.New("the token file holds no token")
	}
	return tokens, nil
}
