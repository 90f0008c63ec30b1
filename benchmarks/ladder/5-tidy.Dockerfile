# no cache of pip's, no bytecode that pip wrote while it ran; dependencies before the code: as the reference's Dockerfile.alpine
FROM python:3.10.6-alpine
WORKDIR /app
COPY requirements.txt /app/
RUN PYTHONDONTWRITEBYTECODE=1 pip install --no-cache-dir --no-compile -r requirements.txt
COPY app.py /app/
STOPSIGNAL SIGINT
ENTRYPOINT [ "python" ]
CMD [ "app.py" ]
