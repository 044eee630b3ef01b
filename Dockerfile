# Two stages: the compiler stays behind.
FROM node:22-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY tsconfig.json tsconfig.build.json ./
COPY scripts ./scripts
COPY src ./src
RUN npm run build

FROM node:22-bookworm-slim
ENV NODE_ENV=production EDGE_STATE_DIR=/var/lib/owncast-edge
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --no-audit --no-fund && npm cache clean --force
COPY --from=build /app/dist ./dist
COPY media ./media
COPY README.md CHANGELOG.md LICENSE ./
# A volume that is mounted here begins as this folder is: writable for the one who is not root.
RUN install -d -o node -g node -m 700 /var/lib/owncast-edge
USER node
EXPOSE 8080
# /health is on the loopback of the container, where only this check and `docker exec` reach it.
HEALTHCHECK --interval=15s --timeout=3s --start-period=5s \
  CMD node -e "fetch('http://127.0.0.1:' + (process.env.EDGE_ADMIN_PORT ?? 9090) + '/health').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"
ENTRYPOINT ["node", "dist/main.js"]
