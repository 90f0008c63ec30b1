# lab step 127: another C library, musl, and busybox; "but here we stop"
FROM python:3.10.6-alpine
WORKDIR /app
COPY requirements.txt app.py /app/
RUN pip install -r requirements.txt
ENTRYPOINT [ "python" ]
CMD [ "app.py" ]
