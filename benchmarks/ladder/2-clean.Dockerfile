# lab steps 122-124: the app alone
FROM python:3.10.6
WORKDIR /app
COPY requirements.txt app.py /app/
RUN pip install -r requirements.txt
ENTRYPOINT [ "python" ]
CMD [ "app.py" ]
