// Command manifest decodes Kubernetes manifests with the API's own types, and
// fails on a field that they do not have or that stands there twice.
package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer/json"
	"k8s.io/apimachinery/pkg/util/yaml"
)

func main() {
	for _, name := range os.Args[1:] {
		if err := check(name); err != nil {
			fmt.Fprintf(os.Stderr, "manifest: %s: %v\n", name, err)
			os.Exit(1)
		}
	}
}

func check(name string) error {
	known := runtime.NewScheme()
	if err := errors.Join(corev1.AddToScheme(known), appsv1.AddToScheme(known)); err != nil {
		return err
	}
	strict := json.NewSerializerWithOptions(json.DefaultMetaFactory, known, known, json.SerializerOptions{Yaml: true, Strict: true})
	file, err := os.Open(name)
	if err != nil {
		return err
	}
	defer file.Close() //nolint:errcheck // only read
	documents := yaml.NewYAMLReader(bufio.NewReader(file))
	for count := 0; ; count++ {
		document, err := documents.Read()
		if errors.Is(err, io.EOF) {
			if count == 0 {
				return errors.New("the file is empty")
			}
			return nil
		}
		if err != nil {
			return err
		}
		_, kind, err := strict.Decode(document, nil, nil)
		if err != nil {
			return err
		}
		fmt.Println(name, kind.GroupVersion(), kind.Kind, "holds")
	}
}
