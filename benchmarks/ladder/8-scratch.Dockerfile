# what the running app has open, and nothing else: no shell, no pip, no module that it did not import
FROM python:3.10.6-alpine AS made
WORKDIR /app
COPY requirements.txt app.py /app/
RUN pip install --no-cache-dir -r requirements.txt
COPY used.py /
RUN python /used.py /out
FROM scratch
COPY --from=made /out /
ENV PATH=/usr/local/bin PYTHONDONTWRITEBYTECODE=1 LANG=C.UTF-8
WORKDIR /app
COPY app.py /app/
STOPSIGNAL SIGINT
ENTRYPOINT [ "python" ]
CMD [ "app.py" ]
