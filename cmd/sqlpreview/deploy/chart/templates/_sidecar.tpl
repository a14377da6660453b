{{/*
The sidecar for any agent. A chart that depends on this one puts it into its pods:

    spec:
      securityContext: {{- include "sqlpreview.podSecurityContext" .Subcharts.sqlpreview | nindent 8 }}
      initContainers:
        {{- include "sqlpreview.container" .Subcharts.sqlpreview | nindent 8 }}
      containers:
        - name: agent
          env:
            - {name: SQLPREVIEW_ADDRESS, value: {{ include "sqlpreview.address" . | quote }}}
          volumeMounts:
            {{- include "sqlpreview.agentMounts" . | nindent 12 }}
      volumes:
        {{- include "sqlpreview.volumes" .Subcharts.sqlpreview | nindent 8 }}

and sets sqlpreview.podLabels to its pods' labels.
*/}}

{{- define "sqlpreview.address" -}}
unix:/run/sqlpreview/preview.sock
{{- end -}}

{{- define "sqlpreview.podSecurityContext" -}}
runAsNonRoot: true
runAsUser: 65532
runAsGroup: 65532
fsGroup: 65532
seccompProfile: {type: RuntimeDefault}
{{- end -}}

{{- define "sqlpreview.containerSecurityContext" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: {drop: [ALL]}
{{- end -}}

{{- define "sqlpreview.image" -}}
{{- if .Values.image.digest -}}
{{ .Values.image.repository }}@{{ .Values.image.digest }}
{{- else -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end -}}
{{- end -}}

{{- define "sqlpreview.agentMounts" -}}
- {name: sqlpreview-socket, mountPath: /run/sqlpreview}
{{- end -}}

{{- define "sqlpreview.volumes" -}}
- name: sqlpreview-socket
  emptyDir: {medium: Memory, sizeLimit: 1Mi}
- name: sqlpreview-connections
  secret:
    secretName: {{ required "connectionsSecret must name the Secret with the connection strings" .Values.connectionsSecret | quote }}
    defaultMode: 0440
{{- if .Values.egress.enabled }}
- name: sqlpreview-egress
{{- if .Values.egress.existingClaim }}
  persistentVolumeClaim: {claimName: {{ .Values.egress.existingClaim | quote }}}
{{- else }}
  emptyDir: {sizeLimit: {{ .Values.egress.sizeLimit | quote }}}
{{- end }}
{{- end }}
{{- end -}}

{{- define "sqlpreview.container" -}}
- name: sqlpreview
  image: {{ include "sqlpreview.image" . | quote }}
  imagePullPolicy: {{ .Values.image.pullPolicy }}
  # A native sidecar: it starts before the agent and ends after it.
  restartPolicy: Always
  args: [serve]
  env:
    - {name: OP_PREVIEW_LISTEN, value: {{ include "sqlpreview.address" . | quote }}}
    - {name: OP_PREVIEW_CONNECTIONS_DIR, value: /etc/sqlpreview/connections}
    {{- if .Values.egress.enabled }}
    # A folder of the volume, whose root may be another's.
    - {name: OP_PREVIEW_EGRESS_DIR, value: /var/lib/sqlpreview/egress}
    {{- end }}
    - {name: OP_PREVIEW_ADMIN_LISTEN, value: "0.0.0.0:{{ .Values.admin.port }}"}
    # The kubelet and Prometheus ask from outside of the pod.
    - {name: OP_PREVIEW_ADMIN_ALLOW_REMOTE, value: "true"}
    - {name: GOMEMLIMIT, value: {{ .Values.memoryLimit | quote }}}
    {{- range $key, $value := .Values.settings }}
    {{- if kindIs "slice" $value }}
    - {name: OP_PREVIEW_{{ upper $key }}, value: {{ join "," $value | quote }}}
    {{- else if kindIs "float64" $value }}
    - {name: OP_PREVIEW_{{ upper $key }}, value: {{ int64 $value | quote }}}
    {{- else }}
    - {name: OP_PREVIEW_{{ upper $key }}, value: {{ $value | quote }}}
    {{- end }}
    {{- end }}
    {{- with .Values.env }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  ports:
    - {name: preview-admin, containerPort: {{ .Values.admin.port }}}
  # health asks over the socket, as a caller does.
  startupProbe:
    exec: {command: [/usr/local/bin/sqlpreview, health, --live]}
    periodSeconds: 1
    timeoutSeconds: 5
    failureThreshold: 30
  livenessProbe:
    exec: {command: [/usr/local/bin/sqlpreview, health, --live]}
    periodSeconds: 20
    timeoutSeconds: 5
  readinessProbe:
    exec: {command: [/usr/local/bin/sqlpreview, health]}
    periodSeconds: 10
    timeoutSeconds: 5
  resources: {{- toYaml .Values.resources | nindent 4 }}
  securityContext: {{- include "sqlpreview.containerSecurityContext" . | nindent 4 }}
  volumeMounts:
    - {name: sqlpreview-socket, mountPath: /run/sqlpreview}
    - {name: sqlpreview-connections, mountPath: /etc/sqlpreview/connections, readOnly: true}
    {{- if .Values.egress.enabled }}
    - {name: sqlpreview-egress, mountPath: /var/lib/sqlpreview}
    {{- end }}
{{- end -}}
