# docker build -t runs-service .
# docker run -p 8090:8090 -v runs-data:/data runs-service
#
# The database and the uploaded files are in /data. For another configuration mount it:
#   -v ./config-postgres.yaml:/etc/runs/config.yaml:ro
# or set single keys by environment variables, such as RUNS_SERVER_PUBLIC_URL.

FROM node:24-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci
COPY . .
RUN npm run build

FROM node:24-slim
# Inside a container every client is another machine, and there is no Python for tasks: runs are recorded only.
ENV NODE_ENV=production RUNS_SERVER_HOST=0.0.0.0 EXECUTOR_KIND=none
COPY --from=build /app/package.json /app/LICENSE /app/
COPY --from=build /app/dist /app/dist
COPY config.yaml /etc/runs/config.yaml
RUN mkdir /data && chown node:node /data
# Relative paths of the configuration, such as ./runs.db, mean this folder.
WORKDIR /data
VOLUME /data
USER node
EXPOSE 8090
HEALTHCHECK --interval=10s --timeout=3s --start-period=60s \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.RUNS_SERVER_PORT || 8090}/healthz`).then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "--max-semi-space-size=8", "/app/dist/main.js"]
CMD ["--config", "/etc/runs/config.yaml"]
