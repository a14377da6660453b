package worker

import (
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"maps"

	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/converter"
	"google.golang.org/protobuf/proto"
)

// The metadata of an encrypted payload. The first two are what Temporal's own
// samples use.
const (
	encodingEncrypted = "binary/encrypted"
	metadataKeyID     = "encryption-key-id"
	metadataWorkflow  = "workflow-id"
	metadataKind      = "payload-kind"
)

// The kinds of payloads: which way one goes.
const (
	kindInput   = "input"
	kindResult  = "result"
	kindFailure = "failure"
)

// aadPurpose begins what is authenticated beside the text, so that a key that is
// used elsewhere too proves nothing here.
const aadPurpose = "op-data previewQueryWorkflow payload v1"

// The errors of a payload that is not accepted. They quote nothing of it.
var (
	errNotEncrypted  = errors.New("the payload is not encrypted, and this worker has keys: encrypt it with one of them")
	errNoWorkflow    = errors.New("the payload is for no known workflow, and is not encrypted without one")
	errOtherWorkflow = errors.New("the payload was encrypted for another workflow")
	errOtherKind     = errors.New("the payload was encrypted as another kind: an input, a result or a failure")
	errKeyID         = errors.New("the payload was encrypted with a key that is not in the file of keys")
	errTampered      = errors.New("the payload does not decrypt: it was changed, or is of another organization or namespace, or the key has another value here")
)

// Codec encrypts payloads with AES-256-GCM. It is a converter.PayloadCodec.
//
// An encrypted payload has the metadata encoding = "binary/encrypted",
// encryption-key-id, workflow-id and payload-kind ("input", "result" or "failure"), and as
// data a nonce of 12 random bytes, then the ciphertext with its tag of 16 bytes. The
// plaintext is the whole payload as Protobuf (temporal.api.common.v1.Payload).
// Authenticated beside it are these texts, each after its length as four bytes, the
// highest first: the purpose "op-data previewQueryWorkflow payload v1", the
// organization's id, the namespace, the workflow's id, the key's id and the kind.
//
// So a payload is of use in its own workflow only, and only as what it was written: not
// in another workflow, namespace or organization, even where these share a key, and an
// input is no result.
type Codec struct {
	keys             *Keys
	orgID, namespace string
	// workflowID is the workflow that payloads are for. Where it is not known,
	// decoding believes what the payload names and authenticates.
	workflowID string
	bound      bool
	// failures is set where payloads are parts of failures.
	failures bool
}

// NewCodec returns the codec of an organization in a namespace.
func NewCodec(keys *Keys, orgID, namespace string) *Codec {
	return &Codec{keys: keys, orgID: orgID, namespace: namespace}
}

// WithSerializationContext returns the codec of one workflow. The SDK calls it.
func (c *Codec) WithSerializationContext(about converter.SerializationContext) converter.PayloadCodec {
	bound := *c
	bound.bound = true
	bound.workflowID = workflowOf(about)
	return &bound
}

// forFailures returns the codec of the payloads that are parts of failures.
func (c *Codec) forFailures() *Codec {
	of := *c
	of.failures = true
	return &of
}

// kindOf is the kind of a payload that is to be encrypted. One that was decrypted keeps
// its kind, so that the workflow can hand it on.
func (c *Codec) kindOf(payload *commonpb.Payload) string {
	known := string(payload.GetMetadata()[metadataKind])
	switch {
	case c.failures:
		return kindFailure
	case known != "":
		return known
	case string(payload.GetMetadata()[converter.MetadataMessageType]) == resultType:
		return kindResult
	}
	return kindInput
}

// accepts tells whether a payload of a kind belongs where this codec decrypts.
func (c *Codec) accepts(kind string) bool {
	if c.failures {
		return kind == kindFailure
	}
	return kind == kindInput || kind == kindResult
}

// withKind returns a payload with its kind among its metadata, without one where kind is
// empty. payload stays as it is.
func withKind(payload *commonpb.Payload, kind string) *commonpb.Payload {
	metadata := maps.Clone(payload.GetMetadata())
	if metadata == nil {
		metadata = map[string][]byte{}
	}
	delete(metadata, metadataKind)
	if kind != "" {
		metadata[metadataKind] = []byte(kind)
	}
	return &commonpb.Payload{Metadata: metadata, Data: payload.GetData(), ExternalPayloads: payload.GetExternalPayloads()}
}

// Encode encrypts payloads. Without a workflow that they are for it is an error. A
// PreviewQueryResponse becomes a result, anything else an input, unless it was decrypted
// by Decode before: then it stays what it was.
func (c *Codec) Encode(payloads []*commonpb.Payload) ([]*commonpb.Payload, error) {
	if c.workflowID == "" {
		return nil, errNoWorkflow
	}
	ring := c.keys.ring()
	aead := ring.aeads[ring.first]
	result := make([]*commonpb.Payload, len(payloads))
	for i, payload := range payloads {
		kind := c.kindOf(payload)
		plain, err := proto.Marshal(withKind(payload, ""))
		if err != nil {
			return nil, err
		}
		data := make([]byte, aead.NonceSize(), aead.NonceSize()+len(plain)+aead.Overhead())
		_, _ = rand.Read(data) // it never fails
		result[i] = &commonpb.Payload{
			Metadata: map[string][]byte{
				converter.MetadataEncoding: []byte(encodingEncrypted),
				metadataKeyID:              []byte(ring.first),
				metadataWorkflow:           []byte(c.workflowID),
				metadataKind:               []byte(kind),
			},
			Data: aead.Seal(data, data, plain, c.authenticated(c.workflowID, ring.first, kind)),
		}
	}
	return result, nil
}

// Decode decrypts payloads. One that is not encrypted is an error. Each gets its kind as
// the metadata payload-kind, and whoever reads it must look at that: an input that stands
// in the place of a result decrypts too.
func (c *Codec) Decode(payloads []*commonpb.Payload) ([]*commonpb.Payload, error) {
	ring := c.keys.ring()
	result := make([]*commonpb.Payload, len(payloads))
	for i, payload := range payloads {
		inner, kind, err := c.open(ring, payload)
		if err == nil && !c.accepts(kind) {
			err = errOtherKind
		}
		if err != nil {
			return nil, err
		}
		result[i] = withKind(inner, kind)
	}
	return result, nil
}

// open decrypts a payload and returns its kind.
func (c *Codec) open(ring *keyring, payload *commonpb.Payload) (_ *commonpb.Payload, kind string, _ error) {
	metadata := payload.GetMetadata()
	if string(metadata[converter.MetadataEncoding]) != encodingEncrypted {
		return nil, "", errNotEncrypted
	}
	workflowID, keyID, kind := string(metadata[metadataWorkflow]), string(metadata[metadataKeyID]), string(metadata[metadataKind])
	if c.bound && (c.workflowID == "" || workflowID != c.workflowID) {
		return nil, "", errOtherWorkflow
	}
	aead := ring.aeads[keyID]
	if aead == nil {
		return nil, "", errKeyID
	}
	data := payload.GetData()
	if len(data) < aead.NonceSize() {
		return nil, "", errTampered
	}
	nonce, sealed := data[:aead.NonceSize()], data[aead.NonceSize():]
	plain, err := aead.Open(nil, nonce, sealed, c.authenticated(workflowID, keyID, kind))
	if err != nil {
		return nil, "", errTampered
	}
	inner := &commonpb.Payload{}
	if err := proto.Unmarshal(plain, inner); err != nil {
		return nil, "", fmt.Errorf("the decrypted payload is not one: %w", err)
	}
	return inner, kind, nil
}

// authenticated is what is authenticated beside a payload, see Codec.
func (c *Codec) authenticated(workflowID, keyID, kind string) (aad []byte) {
	for _, text := range []string{aadPurpose, c.orgID, c.namespace, workflowID, keyID, kind} {
		aad = binary.BigEndian.AppendUint32(aad, uint32(len(text)))
		aad = append(aad, text...)
	}
	return aad
}
