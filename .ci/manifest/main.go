// Command manifest decodes Kubernetes manifests with the API's own types, and
// fails on a field that they do not have or that stands there twice, and on names that
// the API server would refuse.
package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"

	monitoringv1 "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer/json"
	"k8s.io/apimachinery/pkg/util/validation"
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
	if err := errors.Join(corev1.AddToScheme(known), appsv1.AddToScheme(known), networkingv1.AddToScheme(known), monitoringv1.AddToScheme(known)); err != nil {
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
		object, kind, err := strict.Decode(document, nil, nil)
		if err != nil {
			return err
		}
		if deployment, ok := object.(*appsv1.Deployment); ok {
			if err := wellNamed(deployment); err != nil {
				return err
			}
		}
		fmt.Println(name, kind.GroupVersion(), kind.Kind, "holds")
	}
}

// wellNamed holds a deployment to rules that are not in the types: the form of names,
// that what is mounted is there, and that the selector finds the pods.
func wellNamed(deployment *appsv1.Deployment) error {
	var faults []error
	for key, value := range deployment.Spec.Selector.MatchLabels {
		if deployment.Spec.Template.Labels[key] != value {
			faults = append(faults, fmt.Errorf("the selector's label %s is not the pods'", key))
		}
	}
	pod := deployment.Spec.Template.Spec
	volumes := map[string]bool{}
	for _, volume := range pod.Volumes {
		volumes[volume.Name] = true
	}
	for _, container := range append(append([]corev1.Container{}, pod.InitContainers...), pod.Containers...) {
		if container.Image == "" {
			faults = append(faults, fmt.Errorf("the container %s has no image", container.Name))
		}
		for _, port := range container.Ports {
			for _, fault := range validation.IsValidPortName(port.Name) {
				faults = append(faults, fmt.Errorf("the port %s: %s", port.Name, fault))
			}
		}
		seen := map[string]bool{}
		for _, variable := range container.Env {
			if seen[variable.Name] {
				faults = append(faults, fmt.Errorf("the variable %s stands there twice", variable.Name))
			}
			seen[variable.Name] = true
		}
		for _, mount := range container.VolumeMounts {
			if !volumes[mount.Name] {
				faults = append(faults, fmt.Errorf("%s mounts %s, which is no volume", container.Name, mount.Name))
			}
		}
	}
	return errors.Join(faults...)
}
