# Debian without compilers and headers
FROM python:3.10.6-slim
WORKDIR /app
COPY requirements.txt app.py /app/
RUN pip install -r requirements.txt
ENTRYPOINT [ "python" ]
CMD [ "app.py" ]
