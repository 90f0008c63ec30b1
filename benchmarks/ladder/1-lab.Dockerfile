# lab step 113, without step 123: what lies beside the app comes along
FROM python:3.10.6
WORKDIR /app
COPY / /app
RUN pip install -r requirements.txt
ENTRYPOINT [ "python" ]
CMD [ "app.py" ]
