# The sidecar as a static binary on distroless: no shell, no package manager, no
# root. It writes nothing, but its socket, and the egress record where that is
# asked for, so the root file system can be read-only.
#
#   docker buildx build --platform linux/amd64,linux/arm64 --build-arg VERSION=v1.2.3 -t sqlpreview .
#
# A release pins both images by the digest that their registry has that day
# (docker buildx imagetools inspect IMAGE prints it):
#
#   --build-arg GO_IMAGE=golang:1.26.8-bookworm@sha256:... --build-arg BASE_IMAGE=gcr.io/distroless/static-debian12:nonroot@sha256:...
#
# To run it beside an agent, let a named volume have the socket: it takes over the
# folder's owner from the image. A --tmpfs there would belong to root.
#
#   docker run --read-only --cap-drop ALL --security-opt no-new-privileges -v sqlpreview:/run/sqlpreview \
#     -v ./connections:/etc/sqlpreview/connections:ro -e OP_PREVIEW_CONNECTIONS_DIR=/etc/sqlpreview/connections sqlpreview
ARG GO_IMAGE=golang:1.26.8-bookworm
ARG BASE_IMAGE=gcr.io/distroless/static-debian12:nonroot

FROM --platform=$BUILDPLATFORM ${GO_IMAGE} AS build
ARG TARGETARCH
ARG VERSION=dev
# The secret managers to link: with_vault, with_aws, with_gcp, parted by commas.
ARG TAGS=
RUN dpkg --print-architecture | grep -qx "$TARGETARCH" || { \
      apt-get update && case "$TARGETARCH" in \
        arm64) apt-get install -y --no-install-recommends gcc-aarch64-linux-gnu libc6-dev-arm64-cross ;; \
        amd64) apt-get install -y --no-install-recommends gcc-x86-64-linux-gnu libc6-dev-amd64-cross ;; \
        *) echo "no cross compiler is known for $TARGETARCH" >&2; exit 1 ;; \
      esac; }
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
RUN for command in sqlpreview sqlpreview-worker; do \
      TAGS="$TAGS" cmd/sqlpreview/deploy/build "$TARGETARCH" "$VERSION" "/out/$command" "$command" && \
      cmd/sqlpreview/deploy/hardening "/out/$command" || exit 1; \
    done && .ci/licences >/out/THIRD_PARTY_NOTICES
# The folder for the socket, owned by the user below.
RUN mkdir -p /run-sqlpreview

FROM ${BASE_IMAGE}
COPY --from=build /out/sqlpreview /out/sqlpreview-worker /usr/local/bin/
COPY --from=build /out/THIRD_PARTY_NOTICES /src/NOTICE /usr/share/doc/sqlpreview/
COPY --from=build --chown=65532:65532 /run-sqlpreview /run/sqlpreview
USER 65532:65532
# serve listens on unix:/run/sqlpreview/preview.sock unless OP_PREVIEW_LISTEN says else.
LABEL org.opencontainers.image.title="sqlpreview" \
      org.opencontainers.image.description="Previews of SELECT queries on PostgreSQL: bounded, read-only, sanitized" \
      org.opencontainers.image.source="https://github.com/op-data/sqlpreview"
ENTRYPOINT ["/usr/local/bin/sqlpreview"]
CMD ["serve"]
# There is no shell: the binary is its own probe. It asks where serve listens.
HEALTHCHECK --interval=10s --timeout=5s --start-period=5s CMD ["/usr/local/bin/sqlpreview", "health"]
