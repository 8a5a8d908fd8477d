#!/bin/sh
# Deploys the stack without CDK: AWS CLI only. Run it in a checkout in which `npm run package` has written dist/package.
#   sh examples/cloudformation/deploy.sh <stack name of the configuration> <bucket in the region of the stack>
set -eu

stack="$1"
bucket="$2"
prefix="thingspace/$stack/"
directory=dist/package

# The names of the archives are hashes of their content: an upload never changes an archive that a function uses.
aws s3 sync "$directory" "s3://$bucket/$prefix" --exclude '*' --include '*.zip'

# --s3-bucket: the template is longer than a request may be.
aws cloudformation deploy \
  --stack-name "$stack" \
  --template-file "$directory/template.json" \
  --s3-bucket "$bucket" \
  --s3-prefix "${prefix}template" \
  --parameter-overrides "AssetBucket=$bucket" "AssetPrefix=$prefix" \
  --capabilities CAPABILITY_NAMED_IAM \
  --no-fail-on-empty-changeset
