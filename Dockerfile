# One image for every worker: `docker run trombone worker thumbnailer`.
FROM python:3.11-slim AS build
WORKDIR /src
COPY pyproject.toml README.md LICENSE ./
COPY config config
COPY schemas schemas
COPY ingest ingest
COPY deliver deliver
COPY thumbnails thumbnails
COPY workers workers
RUN python -m venv /venv && /venv/bin/pip install --no-cache-dir .

FROM python:3.11-slim
RUN useradd --system --uid 10001 --create-home --home-dir /var/lib/trombone trombone
COPY --from=build /venv /venv
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1
USER trombone
WORKDIR /var/lib/trombone
ENTRYPOINT ["trombone"]
CMD ["--help"]
