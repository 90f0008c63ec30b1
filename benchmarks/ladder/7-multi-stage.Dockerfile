# the same, and its files alone copied into an empty image: what was removed is in no layer
FROM python:3.10.6-alpine AS made
WORKDIR /app
COPY requirements.txt /app/
RUN PYTHONDONTWRITEBYTECODE=1 pip install --no-cache-dir --no-compile -r requirements.txt && \
    pip uninstall -y pip setuptools wheel && \
    cd /usr/local/lib/python3* && rm -r config-3* ensurepip idlelib lib2to3 pydoc_data tkinter turtledemo
FROM scratch
COPY --from=made / /
ENV PATH=/usr/local/bin:/usr/bin:/bin LANG=C.UTF-8
WORKDIR /app
COPY app.py /app/
STOPSIGNAL SIGINT
ENTRYPOINT [ "python" ]
CMD [ "app.py" ]
